package main

import (
	"crypto/x509"
	"encoding/asn1"
	"errors"
	"fmt"
)

// checkChain demands that some authority of the trusted root has issued cert.
func checkChain(cert *x509.Certificate, trust *trustedRoot, stamps bool, list *problems) {
	if trust == nil {
		return
	}
	groups, usage := trust.CertificateAuthorities, x509.ExtKeyUsageCodeSigning
	if stamps {
		groups, usage = trust.TimestampAuthorities, x509.ExtKeyUsageTimeStamping
	}
	if err := forgiveUserName(cert); err != nil {
		list.demand(false, "%v", err)
		return
	}
	failures := []error{errors.New("the trusted root lists no authority for it")}
	for _, group := range groups {
		err := verifyAgainst(cert, group, usage)
		if err == nil {
			return
		}
		failures = append(failures, err)
	}
	list.demand(false, "no chain: %v", failures[len(failures)-1])
}

// forgiveUserName takes a critical SAN off Go's list of unhandled extensions, but only one
// whose single name is the otherName that Go cannot read.
func forgiveUserName(cert *x509.Certificate) error {
	var left []asn1.ObjectIdentifier
	for _, id := range cert.UnhandledCriticalExtensions {
		if !id.Equal(oidSubjectAltName) {
			left = append(left, id)
			continue
		}
		names, err := generalNames(cert)
		if err != nil || len(names) != 1 || !isUserName(names[0]) {
			return errors.New("a critical subject alternative name of an unknown kind")
		}
	}
	cert.UnhandledCriticalExtensions = left
	return nil
}

func verifyAgainst(cert *x509.Certificate, group authority, usage x509.ExtKeyUsage) error {
	chain := group.CertChain.Certificates
	if len(chain) == 0 {
		return errors.New("an authority without certificates")
	}
	roots, between := x509.NewCertPool(), x509.NewCertPool()
	for n, one := range chain {
		parsed, err := x509.ParseCertificate(one.RawBytes)
		if err != nil {
			return fmt.Errorf("trusted root, certificate %d: %w", n, err)
		}
		if n == len(chain)-1 { // the anchor is the last one, whatever signed it
			roots.AddCert(parsed)
		} else {
			between.AddCert(parsed)
		}
	}
	_, err := cert.Verify(x509.VerifyOptions{
		Roots:         roots,
		Intermediates: between,
		// Its own start: a short-lived certificate has mostly ended by now.
		CurrentTime: cert.NotBefore,
		KeyUsages:   []x509.ExtKeyUsage{usage},
	})
	return err
}
