package cli

import (
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"io/fs"

	"github.com/cofactor-mfa/cofactor/config"
	"github.com/cofactor-mfa/cofactor/keyset"
)

type keysCommands struct {
	New    newKeysCommand    `cmd:"" help:"Make new keys, in a new file that only its owner can read."`
	Pepper pepperCommand     `cmd:"" help:"Make what the digests of addresses are keyed with, in a new file that only its owner can read."`
	Rotate rotateKeysCommand `cmd:"" help:"Have the next key seal. The old ones still open."`
	Rewrap rewrapKeysCommand `cmd:"" help:"Seal what older keys have sealed again, at a chosen pace."`
	Report reportKeysCommand `cmd:"" help:"Count the rows that each key seals, and those that none opens."`
	Remove removeKeyCommand  `cmd:"" help:"Take a key out that seals no row any more."`
}

// keyFile is a file of keys, and never what they are.
type keyFile struct {
	File    string   `json:"file"`
	Sealing uint32   `json:"sealing"`          // the id of the key that seals
	Opening []uint32 `json:"opening"`          // the ids of all keys, which open
	Before  uint32   `json:"before,omitempty"` // the id of the key that sealed until now, if that has changed
}

func (k keyFile) print(p *page) {
	p.line("%s", k.File)
	for i, id := range k.Opening {
		does := "opens"
		switch {
		case id == k.Sealing:
			does = "seals"
		case i == len(k.Opening)-1:
			does = "opens, and waits for the next rotation"
		}
		p.line("  key %-10d  %s", id, does)
	}
}

func described(path string, b keyset.JSON) (keyFile, error) {
	k, err := keyset.New(keyset.Config{Keyset: b})
	if err != nil {
		return keyFile{}, err
	}
	return keyFile{File: path, Sealing: k.PrimaryID(), Opening: k.IDs()}, nil
}

type newKeysCommand struct {
	File string `arg:"" type:"path" help:"Where to write them. It must not be there yet."`
}

// Run writes new keys.
func (c newKeysCommand) Run(s *session) error {
	keys, err := keyset.Generate(nil)
	if err != nil {
		return err
	}
	err = writeNew(c.File, keys)
	if errors.Is(err, fs.ErrExist) {
		return fmt.Errorf("%s is there already; it is not written over, because what its keys have sealed would never open again", c.File)
	}
	if err != nil {
		return err
	}
	made, err := described(c.File, keys)
	if err != nil {
		return err
	}
	s.say("These keys open everything that users set up. Keep a copy where the database is not.")
	return s.show(made)
}

type pepperCommand struct {
	File string `arg:"" type:"path" help:"Where to write it. It must not be there yet."`
}

// pepperMade is a file with a pepper, and never what it is.
type pepperMade struct {
	File string `json:"file"`
}

func (m pepperMade) print(p *page) { p.line("%s", m.File) }

// Run writes a new pepper, as keys.pepper of a configuration wants it.
func (c pepperCommand) Run(s *session) error {
	pepper := make([]byte, 32)
	_, _ = rand.Read(pepper) // never fails: it ends the program instead
	err := writeNew(c.File, []byte(base64.StdEncoding.EncodeToString(pepper)+"\n"))
	if errors.Is(err, fs.ErrExist) {
		return fmt.Errorf("%s is there already; it is not written over, because every limit of an address would begin anew", c.File)
	}
	if err != nil {
		return err
	}
	return s.show(pepperMade(c))
}

type rotateKeysCommand struct {
	File string `arg:"" optional:"" type:"path" help:"The file of keys, which is replaced in one step. By default the configuration's."`
	configFlags
}

// theKeys is the file that is named, or else the configuration's.
func theKeys(named string, c *config.Config) (string, error) {
	if named == "" {
		named = c.KeysetFile()
	}
	if named == "" {
		return "", misused(errors.New("keys.keyset does not come from a file: name the file, and bring it back to where it comes from"))
	}
	return named, nil
}

// Run has the key that waits in the file seal from now on, and adds another to wait.
func (c rotateKeysCommand) Run(s *session) error {
	file := c.File
	if file == "" {
		cfg, err := c.load(s)
		if err != nil {
			return err
		}
		if file, err = theKeys("", cfg); err != nil {
			return err
		}
	}
	var before, after keyFile
	err := change(file, func(old []byte) (next []byte, err error) {
		if before, err = described(file, old); err != nil {
			return nil, misused(err)
		}
		rotated, err := keyset.Rotate(keyset.Config{Keyset: old})
		if err != nil {
			return nil, err
		}
		after, err = described(file, rotated)
		return rotated, err
	})
	if err != nil {
		return err
	}
	if after.Sealing == before.Sealing {
		s.say("No key was waiting, so one was added and the old one still seals. Deploy the file to every replica, then rotate again.")
	} else {
		after.Before = before.Sealing
		s.say("Deploy the file to every replica before you rotate again. Then seal what is old again: cofactor keys rewrap")
	}
	return s.show(after)
}
