package web

func (p *Pages) rehearse() error { return nil }
