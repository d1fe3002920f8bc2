// gowitness is a log in Go that asks a witness for cosignatures: checkpoints and proofs by
// golang.org/x/mod/sumdb, cosignatures verified by filippo.io/torchwood.
//
//	gowitness key NAME                          a signer key, then its verifier key
//	gowitness drive SIGNER_FILE WITNESS_VKEY URL
//
// drive grows a tree, has every size cosigned, and then shows the witness another tree.
package main

import (
	"crypto/rand"
	"errors"
	"fmt"
	"os"

	"golang.org/x/mod/sumdb/note"
)

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintf(os.Stderr, "gowitness: %v\n", err)
		os.Exit(1)
	}
}

func run(args []string) error {
	switch {
	case len(args) == 2 && args[0] == "key":
		signer, verifier, err := note.GenerateKey(rand.Reader, args[1])
		if err != nil {
			return err
		}
		fmt.Printf("%s\n%s\n", signer, verifier)
		return nil
	case len(args) == 4 && args[0] == "drive":
		d, err := newDriver(args[1], args[2], args[3])
		if err != nil {
			return err
		}
		return d.drive()
	}
	return errors.New("usage: key NAME, or drive SIGNER_FILE WITNESS_VKEY URL")
}
