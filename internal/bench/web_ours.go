package main

import (
	"context"
	"encoding/json"
	"net/http"

	"github.com/cofactor-mfa/cofactor/httpapi"
	"github.com/cofactor-mfa/cofactor/provider"
)

// newWebOurs is a program on httpapi: its own handler for the password, the routes of httpapi, and sessions in memory.
func newWebOurs(ctx context.Context, s stores, c *caller) (*web, error) {
	o, err := newOurs(s, c)
	if err != nil {
		return nil, err
	}
	var known sessions[httpapi.Session]
	api, err := httpapi.New(httpapi.Config{
		Tenants: httpapi.One(o.reg),
		Host: httpapi.Host{
			Session: func(r *http.Request) (httpapi.Session, error) {
				_, is := known.of(r)
				return is, nil
			},
			Keep: func(w http.ResponseWriter, r *http.Request, is httpapi.Session) error {
				id, _ := known.of(r)
				known.renew(w, id, is)
				return nil
			},
		},
	})
	if err != nil {
		return nil, err
	}
	mux := http.NewServeMux()
	mux.Handle("/mfa/api/", api)
	mux.HandleFunc("POST "+passwordPath, func(w http.ResponseWriter, r *http.Request) {
		var in struct{ User string }
		if err := json.NewDecoder(r.Body).Decode(&in); err != nil {
			http.Error(w, "not JSON", http.StatusBadRequest)
			return
		}
		api.SignIn(w, r, httpapi.First{User: provider.User{ID: in.User, Name: in.User}, Primary: []string{"pwd"}, Begin: true})
	})
	return newWeb(ctx, mux)
}
