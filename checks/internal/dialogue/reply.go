package dialogue

import "strings"

// Reply is an answer with a three-digit code: SMTP (RFC 5321 section 4.2), FTP
// (RFC 959 section 4.2), NNTP (RFC 3977 section 3.2, one line only).
type Reply struct {
	Code  int      // 100 to 599
	Lines []string // without the code; at least one
}

// Line is the answer's first line with its code, for people.
func (r Reply) Line() string {
	return string([]byte{byte('0' + r.Code/100), byte('0' + r.Code/10%10), byte('0' + r.Code%10)}) + " " + r.Lines[0]
}

// Class is the code's first digit.
func (r Reply) Class() int { return r.Code / 100 }

// Reply reads an answer of one or more lines. SMTP repeats the code on each;
// FTP only on the last, its other lines are free.
func (s *Session) Reply() (Reply, error) {
	line, err := s.Line()
	if err != nil {
		return Reply{}, err
	}
	code, more, rest, ok := parseReplyLine(line)
	if !ok {
		return Reply{}, s.Nonsense(line)
	}
	r := Reply{Code: code, Lines: []string{rest}}
	for more {
		if len(r.Lines) >= MaxLines {
			return Reply{}, s.fail(errLongReply)
		}
		if line, err = s.Line(); err != nil {
			return Reply{}, err
		}
		again, goesOn, rest, ok := parseReplyLine(line)
		if !ok || again != code {
			r.Lines = append(r.Lines, strings.TrimSpace(line))
			continue
		}
		r.Lines, more = append(r.Lines, rest), goesOn
	}
	return r, nil
}

// parseReplyLine takes "250-text", "250 text" or "250" apart.
func parseReplyLine(line string) (code int, more bool, rest string, ok bool) {
	if len(line) < 3 || line[0] < '1' || line[0] > '5' {
		return 0, false, "", false
	}
	for i := range 3 {
		if line[i] < '0' || line[i] > '9' {
			return 0, false, "", false
		}
		code = code*10 + int(line[i]-'0')
	}
	if len(line) == 3 {
		return code, false, "", true
	}
	if line[3] != ' ' && line[3] != '-' {
		return 0, false, "", false
	}
	return code, line[3] == '-', line[4:], true
}

// Ask sends a command and reads its reply.
func (s *Session) Ask(command string) (Reply, error) {
	if err := s.Send(command); err != nil {
		return Reply{}, err
	}
	return s.Reply()
}

// Block reads lines up to a single dot (RFC 1939 section 3, RFC 3977 section 3.1.1).
func (s *Session) Block() ([]string, error) {
	var lines []string
	for len(lines) < MaxLines {
		line, err := s.Line()
		if err != nil {
			return nil, err
		}
		if line == "." {
			return lines, nil
		}
		lines = append(lines, strings.TrimPrefix(line, "."))
	}
	return nil, s.fail(errLongReply)
}
