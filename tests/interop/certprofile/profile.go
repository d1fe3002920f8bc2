package main

import (
	"bytes"
	"crypto/x509"
	"encoding/asn1"
	"fmt"
	"time"
)

const leafLifetime = 10 * time.Minute

var (
	oidKeyUsage         = asn1.ObjectIdentifier{2, 5, 29, 15}
	oidSubjectAltName   = asn1.ObjectIdentifier{2, 5, 29, 17}
	oidBasicConstraints = asn1.ObjectIdentifier{2, 5, 29, 19}
	oidExtKeyUsage      = asn1.ObjectIdentifier{2, 5, 29, 37}
	oidSCTList          = asn1.ObjectIdentifier{1, 3, 6, 1, 4, 1, 11129, 2, 4, 2}
	oidUserName         = asn1.ObjectIdentifier{1, 3, 6, 1, 4, 1, 57264, 1, 7}
)

// problems collects what is wrong with one certificate.
type problems []string

func (p *problems) demand(holds bool, format string, arguments ...any) {
	if !holds {
		*p = append(*p, fmt.Sprintf(format, arguments...))
	}
}

// examine checks one certificate by the role that its own contents give it.
func examine(item found, trust *trustedRoot) (role string, list problems) {
	cert, err := x509.ParseCertificate(item.der)
	if err != nil {
		return "unreadable", problems{err.Error()}
	}
	large := walkOIDs(item.der, 0)
	list.demand(len(large) == 0, "object identifiers with a component of 2^31 or more: %v", large)
	list.demand(cert.Version == 3, "version %d", cert.Version)
	list.demand(cert.SerialNumber.Sign() > 0 && cert.SerialNumber.BitLen() <= 159,
		"serial number has %d bits or is not positive", cert.SerialNumber.BitLen())
	list.demand(cert.NotAfter.After(cert.NotBefore), "ends before it starts")
	switch {
	case cert.IsCA:
		role = checkCA(cert, item, &list)
	case hasUsage(cert, x509.ExtKeyUsageTimeStamping):
		role = "timestamp-authority"
		checkStamper(cert, &list)
		checkChain(cert, trust, true, &list)
	default:
		role = "leaf"
		checkLeaf(cert, &list)
		checkChain(cert, trust, false, &list)
	}
	return role, list
}

func hasUsage(cert *x509.Certificate, usage x509.ExtKeyUsage) bool {
	for _, one := range cert.ExtKeyUsage {
		if one == usage {
			return true
		}
	}
	return false
}

func onlyUsage(cert *x509.Certificate, usage x509.ExtKeyUsage) bool {
	return len(cert.ExtKeyUsage) == 1 && cert.ExtKeyUsage[0] == usage &&
		len(cert.UnknownExtKeyUsage) == 0
}

// extension returns the value and criticality of an extension that must be there once.
func extension(cert *x509.Certificate, id asn1.ObjectIdentifier) (value []byte, critical bool, count int) {
	for _, one := range cert.Extensions {
		if one.Id.Equal(id) {
			value, critical = one.Value, one.Critical
			count++
		}
	}
	return value, critical, count
}

func demandCritical(cert *x509.Certificate, id asn1.ObjectIdentifier, name string, list *problems) {
	_, critical, count := extension(cert, id)
	list.demand(count == 1, "%s is there %d times", name, count)
	list.demand(count == 0 || critical, "%s is not critical", name)
}

func selfSigned(cert *x509.Certificate) bool {
	return bytes.Equal(cert.RawIssuer, cert.RawSubject) && cert.CheckSignatureFrom(cert) == nil
}

func checkCA(cert *x509.Certificate, item found, list *problems) string {
	role := "intermediate"
	if selfSigned(cert) {
		role = "root"
	}
	demandCritical(cert, oidBasicConstraints, "basic constraints", list)
	demandCritical(cert, oidKeyUsage, "key usage", list)
	list.demand(cert.BasicConstraintsValid, "basic constraints are not valid")
	allowed := x509.KeyUsageCertSign | x509.KeyUsageCRLSign
	list.demand(cert.KeyUsage&x509.KeyUsageCertSign != 0, "key usage lacks certSign")
	list.demand(cert.KeyUsage&^allowed == 0, "key usage %b has more than certSign and cRLSign",
		cert.KeyUsage)
	list.demand(len(cert.SubjectKeyId) > 0, "no subject key identifier")
	list.demand(len(cert.Subject.ToRDNSequence()) > 0, "the subject is empty")
	if role == "root" {
		list.demand(len(cert.ExtKeyUsage) == 0, "a root with extended key usage")
		return role
	}
	checkIntermediate(cert, item, list)
	return role
}

func checkIntermediate(cert *x509.Certificate, item found, list *problems) {
	list.demand(cert.MaxPathLen == 0 && cert.MaxPathLenZero, "path length is not 0")
	list.demand(len(cert.AuthorityKeyId) > 0, "no authority key identifier")
	stamps := hasUsage(cert, x509.ExtKeyUsageTimeStamping)
	if item.group != nil {
		stamps = item.group.stamps
	}
	if stamps {
		// RFC 3161 binds the signer's certificate; verifiers also walk the issuer's usage.
		list.demand(len(cert.ExtKeyUsage) == 0 || onlyUsage(cert, x509.ExtKeyUsageTimeStamping),
			"extended key usage is neither absent nor timeStamping alone")
		return
	}
	list.demand(onlyUsage(cert, x509.ExtKeyUsageCodeSigning),
		"extended key usage is not codeSigning alone")
}

func checkStamper(cert *x509.Certificate, list *problems) {
	list.demand(onlyUsage(cert, x509.ExtKeyUsageTimeStamping),
		"extended key usage is not timeStamping alone")
	demandCritical(cert, oidExtKeyUsage, "extended key usage", list) // RFC 3161 section 2.3
	checkEndEntity(cert, list)
}

func checkEndEntity(cert *x509.Certificate, list *problems) {
	demandCritical(cert, oidKeyUsage, "key usage", list)
	list.demand(cert.KeyUsage == x509.KeyUsageDigitalSignature,
		"key usage %b is not digitalSignature alone", cert.KeyUsage)
	list.demand(len(cert.SubjectKeyId) > 0, "no subject key identifier")
	list.demand(len(cert.AuthorityKeyId) > 0, "no authority key identifier")
}

func checkLeaf(cert *x509.Certificate, list *problems) {
	checkEndEntity(cert, list)
	list.demand(onlyUsage(cert, x509.ExtKeyUsageCodeSigning),
		"extended key usage is not codeSigning alone")
	list.demand(len(cert.Subject.ToRDNSequence()) == 0, "the subject is not empty")
	demandCritical(cert, oidSubjectAltName, "subject alternative name", list)
	names, err := generalNames(cert)
	list.demand(err == nil, "subject alternative name: %v", err)
	list.demand(len(names) == 1, "%d subject alternative names", len(names))
	lifetime := cert.NotAfter.Sub(cert.NotBefore)
	list.demand(lifetime == leafLifetime, "lives %s", lifetime)
	_, critical, count := extension(cert, oidSCTList)
	list.demand(count == 1 && !critical, "certificate timestamps are there %d times, critical %t",
		count, critical)
}

// generalNames returns the names of the SAN extension, of whatever type.
func generalNames(cert *x509.Certificate) ([]asn1.RawValue, error) {
	value, _, _ := extension(cert, oidSubjectAltName)
	var names []asn1.RawValue
	rest, err := asn1.Unmarshal(value, &names)
	if err == nil && len(rest) != 0 {
		err = fmt.Errorf("%d bytes behind the names", len(rest))
	}
	return names, err
}

// isUserName tells whether a SAN is the otherName that Fulcio uses for bare user names.
func isUserName(name asn1.RawValue) bool {
	const otherName = 0
	var id asn1.ObjectIdentifier
	if name.Class != asn1.ClassContextSpecific || name.Tag != otherName {
		return false
	}
	_, err := asn1.Unmarshal(name.Bytes, &id)
	return err == nil && id.Equal(oidUserName)
}
