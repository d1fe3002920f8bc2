package main

import (
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// found is one certificate as it came, and the trusted root entry it came from, if any.
type found struct {
	where string
	der   []byte
	group *authority // the trusted root's entry that lists it
}

type rawCertificate struct {
	RawBytes []byte `json:"rawBytes"`
}

type certificateChain struct {
	Certificates []rawCertificate `json:"certificates"`
}

// authority is an entry of certificateAuthorities or timestampAuthorities.
type authority struct {
	CertChain certificateChain `json:"certChain"`
	stamps    bool
}

type trustedRoot struct {
	MediaType              string      `json:"mediaType"`
	CertificateAuthorities []authority `json:"certificateAuthorities"`
	TimestampAuthorities   []authority `json:"timestampAuthorities"`
}

type bundle struct {
	VerificationMaterial struct {
		Certificate *rawCertificate   `json:"certificate"`
		Chain       *certificateChain `json:"x509CertificateChain"`
	} `json:"verificationMaterial"`
}

func readTrustedRoot(path string) (*trustedRoot, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	var root trustedRoot
	if err := json.Unmarshal(text, &root); err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	if !isTrustedRoot(root.MediaType) {
		return nil, fmt.Errorf("%s: media type %q is not a trusted root's", path, root.MediaType)
	}
	for i := range root.TimestampAuthorities {
		root.TimestampAuthorities[i].stamps = true
	}
	return &root, nil
}

func isTrustedRoot(mediaType string) bool {
	return strings.HasPrefix(mediaType, "application/vnd.dev.sigstore.trustedroot")
}

func collect(paths []string) ([]found, error) {
	var all []found
	for _, path := range paths {
		err := filepath.WalkDir(path, func(at string, entry fs.DirEntry, err error) error {
			if err != nil || !entry.Type().IsRegular() {
				return err
			}
			// In a folder only what is named like a certificate is looked at; a file
			// that was named outright must hold one.
			if at != path && !wanted(at) {
				return nil
			}
			some, err := fromFile(at)
			if err == nil && at == path && len(some) == 0 {
				err = errors.New("holds no certificate")
			}
			if err != nil {
				return fmt.Errorf("%s: %w", at, err)
			}
			all = append(all, some...)
			return nil
		})
		if err != nil {
			return nil, err
		}
	}
	return all, nil
}

func wanted(path string) bool {
	for _, suffix := range []string{".pem", ".crt", ".sigstore.json", "trusted_root.json"} {
		if strings.HasSuffix(path, suffix) {
			return true
		}
	}
	return false
}

func fromFile(path string) ([]found, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	if strings.Contains(string(text), "-----BEGIN ") {
		return fromPEM(path, text), nil
	}
	var head struct {
		MediaType string `json:"mediaType"`
	}
	if err := json.Unmarshal(text, &head); err != nil {
		return nil, err
	}
	if isTrustedRoot(head.MediaType) {
		return fromTrustedRoot(path)
	}
	return fromBundle(path, text)
}

func fromPEM(path string, text []byte) []found {
	var all []found
	for number := 1; ; number++ {
		block, rest := pem.Decode(text)
		if block == nil {
			return all
		}
		if block.Type == "CERTIFICATE" {
			all = append(all, found{where: fmt.Sprintf("%s block %d", path, number), der: block.Bytes})
		}
		text = rest
	}
}

func fromTrustedRoot(path string) ([]found, error) {
	root, err := readTrustedRoot(path)
	if err != nil {
		return nil, err
	}
	var all []found
	add := func(list string, groups []authority) {
		for i := range groups {
			for n, one := range groups[i].CertChain.Certificates {
				where := fmt.Sprintf("%s %s[%d] certificate %d", path, list, i, n)
				all = append(all, found{where: where, der: one.RawBytes, group: &groups[i]})
			}
		}
	}
	add("certificateAuthorities", root.CertificateAuthorities)
	add("timestampAuthorities", root.TimestampAuthorities)
	return all, nil
}

func fromBundle(path string, text []byte) ([]found, error) {
	var read bundle
	if err := json.Unmarshal(text, &read); err != nil {
		return nil, err
	}
	material := read.VerificationMaterial
	var listed []rawCertificate
	if material.Certificate != nil {
		listed = append(listed, *material.Certificate)
	}
	if material.Chain != nil {
		listed = append(listed, material.Chain.Certificates...)
	}
	var all []found
	for n, one := range listed {
		all = append(all, found{where: fmt.Sprintf("%s certificate %d", path, n), der: one.RawBytes})
	}
	return all, nil
}
