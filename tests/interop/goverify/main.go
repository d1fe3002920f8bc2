// Goverify asks sigstore-go about every case in a folder, and prints an answer a line.
//
//	goverify FOLDER
//
// A case is a folder with case.json (identity, issuer or key, by_digest), bundle.sigstore.json,
// trusted_root.json and artifact. An answer is {"case": NAME, "ok": BOOL, "why": TEXT}.
package main

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/sigstore/sigstore-go/pkg/bundle"
	"github.com/sigstore/sigstore-go/pkg/root"
	"github.com/sigstore/sigstore-go/pkg/verify"
	"github.com/sigstore/sigstore/pkg/cryptoutils"
	"github.com/sigstore/sigstore/pkg/signature"
)

type question struct {
	Name     string `json:"name"`
	Bundle   string `json:"bundle"`
	Identity string `json:"identity"`
	Issuer   string `json:"issuer"`
	Key      string `json:"key"`
	ByDigest bool   `json:"by_digest"`
}

type answer struct {
	Case string `json:"case"`
	OK   bool   `json:"ok"`
	Why  string `json:"why"`
}

// keyMaterial is the demanded key, which has no window.
func keyMaterial(path string) (root.TrustedMaterial, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	key, err := cryptoutils.UnmarshalPEMToPublicKey(text)
	if err != nil {
		return nil, err
	}
	return root.NewTrustedPublicKeyMaterial(func(string) (root.TimeConstrainedVerifier, error) {
		verifier, err := signature.LoadDefaultVerifier(key)
		if err != nil {
			return nil, err
		}
		return root.NewExpiringKey(verifier, time.Time{}, time.Time{}), nil
	}), nil
}

// demand is what the library recommends: a log entry, an observed time and, of certificates, an SCT.
func demand(folder string, q question, b *bundle.Bundle, tr root.TrustedMaterial) (
	root.TrustedMaterial, []verify.VerifierOption, verify.PolicyOption, error) {
	options := []verify.VerifierOption{verify.WithTransparencyLog(1)}
	if q.Key == "" {
		options = append(options, verify.WithObserverTimestamps(1), verify.WithSignedCertificateTimestamps(1))
		identity, err := verify.NewShortCertificateIdentity(q.Issuer, "", q.Identity, "")
		return tr, options, verify.WithCertificateIdentity(identity), err
	}
	timestamps, err := b.Timestamps()
	if err != nil {
		return nil, nil, nil, err
	}
	if len(timestamps) > 0 || b.HasInclusionPromise() {
		options = append(options, verify.WithObserverTimestamps(1))
	} else {
		options = append(options, verify.WithNoObserverTimestamps())
	}
	key, err := keyMaterial(filepath.Join(folder, q.Key))
	return root.TrustedMaterialCollection{key, tr}, options, verify.WithKey(), err
}

func verifyCase(folder string, q question) (err error) {
	defer func() {
		if caught := recover(); caught != nil {
			err = fmt.Errorf("panic: %v", caught)
		}
	}()
	tr, err := root.NewTrustedRootFromPath(filepath.Join(folder, "trusted_root.json"))
	if err != nil {
		return fmt.Errorf("trusted root: %w", err)
	}
	b, err := bundle.LoadJSONFromPath(filepath.Join(folder, q.Bundle))
	if err != nil {
		return fmt.Errorf("bundle: %w", err)
	}
	material, options, who, err := demand(folder, q, b, tr)
	if err != nil {
		return err
	}
	data, err := os.ReadFile(filepath.Join(folder, "artifact"))
	if err != nil {
		return err
	}
	what := verify.WithArtifact(bytes.NewReader(data))
	if q.ByDigest {
		digest := sha256.Sum256(data)
		what = verify.WithArtifactDigest("sha256", digest[:])
	}
	verifier, err := verify.NewVerifier(material, options...)
	if err != nil {
		return err
	}
	_, err = verifier.Verify(b, verify.NewPolicy(what, who))
	return err
}

func run(parent string) error {
	paths, err := filepath.Glob(filepath.Join(parent, "*", "case.json"))
	if err != nil {
		return err
	}
	for _, path := range paths {
		var q question
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		if err := json.Unmarshal(text, &q); err != nil {
			return err
		}
		said := answer{Case: q.Name, OK: true}
		if err := verifyCase(filepath.Dir(path), q); err != nil {
			said.OK, said.Why = false, err.Error()
		}
		if err := json.NewEncoder(os.Stdout).Encode(said); err != nil {
			return err
		}
	}
	return nil
}

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: goverify FOLDER")
		os.Exit(2)
	}
	if err := run(os.Args[1]); err != nil {
		fmt.Fprintln(os.Stderr, "goverify:", err)
		os.Exit(1)
	}
}
