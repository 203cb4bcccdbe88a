package sip

import (
	"bufio"
	"bytes"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
)

// request is one OPTIONS and what its answer is known by.
type request struct {
	branch, callID string
	text           []byte
}

// newRequest writes the request (RFC 3261, sections 8.1.1 and 11.1). local is
// our own address and port, as the socket has it.
func newRequest(transport, uri, from, local string) request {
	r := request{branch: "z9hG4bK" + rand.Text(), callID: rand.Text()}
	if from == "" {
		from = "sip:monitord@" + local
	}
	r.text = fmt.Appendf(nil, "OPTIONS %s SIP/2.0\r\n"+
		"Via: SIP/2.0/%s %s;branch=%s;rport\r\n"+
		"Max-Forwards: 70\r\n"+
		"From: <%s>;tag=%s\r\n"+
		"To: <%s>\r\n"+
		"Call-ID: %s\r\n"+
		"CSeq: 1 OPTIONS\r\n"+
		"Contact: <sip:monitord@%s;transport=%s>\r\n"+
		"Accept: application/sdp\r\n"+
		"User-Agent: monitord\r\n"+
		"Content-Length: 0\r\n\r\n",
		uri, strings.ToUpper(transport), local, r.branch, from, rand.Text()[:10], uri, r.callID, local, transport)
	return r
}

// response is what we read of an answer.
type response struct {
	code          int
	phrase        string
	via, callID   string // the topmost Via
	cseq          string
	contentLength int // -1 when there is none
}

// answers says whether the response belongs to the request.
func (r request) answers(got response) bool {
	return got.callID == r.callID && strings.Contains(got.via, "branch="+r.branch) && strings.Join(strings.Fields(got.cseq), " ") == "1 OPTIONS"
}

var errNoSIP = errors.New("no SIP response")

const version = "SIP/2.0 "

// parseHead reads status line and headers, lines ended by CRLF (or LF), up to
// the empty line or the end.
func parseHead(head []byte) (response, error) {
	lines := unfold(strings.Split(strings.ReplaceAll(string(head), "\r\n", "\n"), "\n"))
	rest, ok := strings.CutPrefix(lines[0], version)
	digits, phrase, _ := strings.Cut(rest, " ")
	code, err := strconv.Atoi(digits)
	if !ok || err != nil || len(digits) != 3 || code < 100 || code > 699 {
		return response{}, errNoSIP
	}
	r := response{code: code, phrase: strings.TrimSpace(phrase), contentLength: -1}
	for _, line := range lines[1:] {
		name, value, ok := strings.Cut(line, ":")
		if !ok {
			continue
		}
		if err := r.header(strings.ToLower(strings.TrimSpace(name)), strings.TrimSpace(value)); err != nil {
			return response{}, err
		}
	}
	return r, nil
}

// header takes one header, by its long or compact name (section 7.3.3).
func (r *response) header(name, value string) error {
	switch name {
	case "via", "v":
		if r.via == "" {
			r.via, _, _ = strings.Cut(value, ",") // several may stand in one line
		}
	case "call-id", "i":
		r.callID = value
	case "cseq":
		r.cseq = value
	case "content-length", "l":
		n, err := strconv.Atoi(value)
		if err != nil || n < 0 {
			return errNoSIP
		}
		r.contentLength = n
	}
	return nil
}

// unfold joins lines that go on (they begin with a space) and stops at the
// empty line.
func unfold(lines []string) []string {
	var out []string
	for i, line := range lines {
		switch {
		case line == "" && i > 0:
			return out
		case i > 0 && (line[0] == ' ' || line[0] == '\t'):
			out[len(out)-1] += " " + strings.TrimSpace(line)
		default:
			out = append(out, line)
		}
	}
	return out
}

// maxMessage bounds one message on a stream, in bytes.
const maxMessage = 64 << 10

// readMessage reads one response from a stream: its head, and past its body.
func readMessage(r *bufio.Reader) (response, error) {
	var head bytes.Buffer
	for {
		line, err := r.ReadSlice('\n')
		if head.Len() == 0 && !bytes.HasPrefix(line, []byte(version)[:min(len(line), len(version))]) {
			if len(bytes.TrimSpace(line)) == 0 && err == nil {
				continue // empty lines between messages keep a connection alive
			}
			return response{}, errNoSIP
		}
		if err != nil {
			return response{}, err
		}
		head.Write(line)
		if len(bytes.TrimRight(line, "\r\n")) == 0 {
			break
		}
		if head.Len() > maxMessage {
			return response{}, errNoSIP
		}
	}
	got, err := parseHead(head.Bytes())
	if err != nil {
		return got, err
	}
	if got.contentLength > maxMessage {
		return got, errNoSIP
	}
	if got.contentLength > 0 {
		_, err = io.CopyN(io.Discard, r, int64(got.contentLength))
	}
	return got, err
}
