package main

import (
	"bytes"
	"crypto"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"
	"time"

	"filippo.io/torchwood"
	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

const common = 300 // records that both trees have

var sizes = []int64{1, 2, 3, 7, 8, 8, 9, 255, 256, 257, 1000, 1001, 1001, 4096, 5000}

type driver struct {
	url       string
	signer    note.Signer
	verifiers note.Verifiers
	cosigner  *torchwood.CosignatureVerifier
}

// publicHalf is a key that only says what its public half is: torchwood makes verifiers from signers.
type publicHalf ed25519.PublicKey

func (p publicHalf) Public() crypto.PublicKey { return ed25519.PublicKey(p) }

func (publicHalf) Sign(io.Reader, []byte, crypto.SignerOpts) ([]byte, error) {
	return nil, errors.New("there is no private half")
}

func cosigner(vkey string) (*torchwood.CosignatureVerifier, error) {
	parts := strings.SplitN(vkey, "+", 3)
	if len(parts) != 3 {
		return nil, fmt.Errorf("%q is no verifier key", vkey)
	}
	material, err := base64.StdEncoding.DecodeString(parts[2])
	if err != nil || len(material) != 1+ed25519.PublicKeySize {
		return nil, fmt.Errorf("%q has no Ed25519 key", vkey)
	}
	signer, err := torchwood.NewCosignatureSigner(parts[0], publicHalf(material[1:]))
	if err != nil {
		return nil, err
	}
	if got := signer.Verifier().String(); got != vkey {
		return nil, fmt.Errorf("torchwood writes the key as %s, not %s", got, vkey)
	}
	return signer.Verifier(), nil
}

func newDriver(signerFile, witness, url string) (*driver, error) {
	text, err := os.ReadFile(signerFile)
	if err != nil {
		return nil, err
	}
	skey, vkey, _ := strings.Cut(strings.TrimSpace(string(text)), "\n")
	d := &driver{url: url}
	if d.signer, err = note.NewSigner(skey); err != nil {
		return nil, err
	}
	own, err := note.NewVerifier(vkey)
	if err != nil {
		return nil, err
	}
	if d.cosigner, err = cosigner(witness); err != nil {
		return nil, err
	}
	d.verifiers = note.VerifierList(own, d.cosigner)
	return d, nil
}

func (d *driver) checkpoint(size int64, root tlog.Hash) (string, error) {
	text := torchwood.Checkpoint{Origin: d.signer.Name(), Tree: tlog.Tree{N: size, Hash: root}}.String()
	signed, err := note.Sign(&note.Note{Text: text}, d.signer)
	return string(signed), err
}

// add asks for a cosignature; it returns the checkpoint that was sent, and the answer.
func (d *driver) add(t *tree, claimed int64) (string, int, string, error) {
	root, proof, err := t.head(claimed)
	if err != nil {
		return "", 0, "", err
	}
	checkpoint, err := d.checkpoint(t.size, root)
	if err != nil {
		return "", 0, "", err
	}
	var body bytes.Buffer
	fmt.Fprintf(&body, "old %d\n", claimed)
	for _, hash := range proof {
		fmt.Fprintf(&body, "%s\n", hash)
	}
	fmt.Fprintf(&body, "\n%s", checkpoint)
	response, err := http.Post(d.url+"/add-checkpoint", "", &body)
	if err != nil {
		return "", 0, "", err
	}
	defer response.Body.Close()
	said, err := io.ReadAll(response.Body)
	if response.StatusCode == http.StatusConflict &&
		response.Header.Get("Content-Type") != "text/x.tlog.size" {
		return "", 0, "", fmt.Errorf("a conflict of type %s", response.Header.Get("Content-Type"))
	}
	return checkpoint, response.StatusCode, string(said), err
}

// open demands that the note is signed by the log and cosigned by the witness, now.
func (d *driver) open(text string, size int64) error {
	opened, err := note.Open([]byte(text), d.verifiers)
	if err != nil {
		return err
	}
	if len(opened.Sigs) != 2 || len(opened.UnverifiedSigs) != 0 {
		return fmt.Errorf("%d signatures verify and %d do not: %s", len(opened.Sigs),
			len(opened.UnverifiedSigs), text)
	}
	head, err := torchwood.ParseCheckpoint(opened.Text)
	if err != nil || head.N != size {
		return fmt.Errorf("size %d, not %d: %v", head.N, size, err)
	}
	for _, sig := range opened.Sigs {
		if sig.Hash != d.cosigner.KeyHash() {
			continue
		}
		seconds, err := torchwood.CosignatureTimestamp(sig)
		if age := time.Since(time.Unix(seconds, 0)); err != nil || age < -time.Minute || age > time.Minute {
			return fmt.Errorf("cosigned at %d: %v", seconds, err)
		}
	}
	return nil
}

func (d *driver) expect(t *tree, claimed int64, status int, text string) error {
	_, got, said, err := d.add(t, claimed)
	if err != nil {
		return err
	}
	if got != status || !strings.Contains(said, text) {
		return fmt.Errorf("size %d after %d: %d %q, not %d %q", t.size, claimed, got, said, status, text)
	}
	return nil
}

func (d *driver) grow(t *tree) error {
	before := "" // the line for the size before
	for _, size := range sizes {
		old := t.size
		if err := t.grow("one", size, common); err != nil {
			return err
		}
		checkpoint, status, said, err := d.add(t, old)
		if err != nil {
			return err
		}
		if status != http.StatusOK {
			return fmt.Errorf("size %d after %d: %d %s", size, old, status, said)
		}
		if err := d.open(checkpoint+said, size); err != nil {
			return err
		}
		// What opens anything would prove nothing.
		if before != "" && size != old && d.open(checkpoint+before, size) == nil {
			return fmt.Errorf("torchwood takes %q for size %d", before, size)
		}
		before = said
	}
	return nil
}

// last reads the checkpoint that the witness shows to monitors.
func (d *driver) last(size int64) error {
	hash := sha256.Sum256([]byte(d.signer.Name()))
	response, err := http.Get(fmt.Sprintf("%s/%x/checkpoint", d.url, hash))
	if err != nil {
		return err
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		return err
	}
	return d.open(string(text), size)
}

func (d *driver) drive() error {
	one, other := &tree{}, &tree{}
	if err := d.grow(one); err != nil {
		return err
	}
	if err := other.grow("other", one.size, common); err != nil {
		return err
	}
	if err := d.expect(other, one.size, http.StatusUnprocessableEntity, "different roots"); err != nil {
		return err
	}
	if err := d.expect(other, common, http.StatusConflict, fmt.Sprintf("%d\n", one.size)); err != nil {
		return err
	}
	if err := other.grow("other", one.size+100, common); err != nil {
		return err
	}
	if err := d.expect(other, one.size, http.StatusUnprocessableEntity, "earlier root"); err != nil {
		return err
	}
	if err := d.last(one.size); err != nil {
		return err
	}
	fmt.Printf("%d checkpoints cosigned, the other tree refused\n", len(sizes))
	return nil
}
