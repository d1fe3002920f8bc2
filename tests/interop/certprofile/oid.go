package main

import "fmt"

// Every OBJECT IDENTIFIER of a certificate must have components below 2^31. Go refuses
// larger ones in some places only, and other parsers elsewhere, so all are looked at.

const (
	tagOctets     = 0x04
	tagOID        = 0x06
	constructed   = 0x20
	maxNesting    = 32
	oidComponents = 1 << 31
)

// element splits the first DER element off data.
func element(data []byte) (tag byte, body, rest []byte, ok bool) {
	if len(data) < 2 || data[0]&0x1f == 0x1f {
		return 0, nil, nil, false
	}
	length, head := int(data[1]), 2
	if length >= 0x80 {
		count := length & 0x7f
		if count == 0 || count > 3 || len(data) < 2+count {
			return 0, nil, nil, false
		}
		length, head = 0, 2+count
		for _, octet := range data[2:head] {
			length = length<<8 | int(octet)
		}
	}
	if len(data)-head < length {
		return 0, nil, nil, false
	}
	return data[0], data[head : head+length], data[head+length:], true
}

// isSequenceOfElements tells whether octets are DER themselves, as in most extensions.
func isSequenceOfElements(data []byte) bool {
	for len(data) > 0 {
		_, _, rest, ok := element(data)
		if !ok {
			return false
		}
		data = rest
	}
	return true
}

func largeComponent(body []byte) bool {
	value := uint64(0)
	for _, octet := range body {
		value = value<<7 | uint64(octet&0x7f)
		if value >= oidComponents {
			return true
		}
		if octet&0x80 == 0 {
			value = 0
		}
	}
	return false
}

// walkOIDs returns the OIDs in data that have a component of 2^31 or more, in hex.
func walkOIDs(data []byte, depth int) []string {
	var large []string
	for len(data) > 0 && depth < maxNesting {
		tag, body, rest, ok := element(data)
		if !ok {
			return large
		}
		switch {
		case tag == tagOID && largeComponent(body):
			large = append(large, fmt.Sprintf("%x", body))
		case tag&constructed != 0, tag == tagOctets && isSequenceOfElements(body):
			large = append(large, walkOIDs(body, depth+1)...)
		}
		data = rest
	}
	return large
}
