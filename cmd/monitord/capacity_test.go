package main

import (
	"strings"
	"testing"
	"time"

	"monitord/internal/text"
)

func TestTheTableOfLimitsStandsInColumnsInBothLanguages(t *testing.T) {
	at := time.Date(2026, 3, 4, 5, 6, 0, 0, time.Local)
	a := capacityAnswer{}
	a.Limits = make([]struct {
		Host, Item, Unit string
		Now, Limit       float64
		Enough, Reached  bool
		P10, P50, P90    *time.Time
		OrderBy          *time.Time `json:"order_by"`
	}, 3)
	for i := range a.Limits {
		a.Limits[i].Host, a.Limits[i].Item, a.Limits[i].Unit, a.Limits[i].Now, a.Limits[i].Limit, a.Limits[i].Enough = "db1", "filesystem /var", "ratio", 0.5, 1, i < 2
	}
	a.Limits[0].P10, a.Limits[0].P50, a.Limits[0].OrderBy = &at, &at, &at
	a.Limits[1].Reached = true
	for lang, want := range map[text.Lang]string{
		text.English: `
HOST  WHAT             NOW   LIMIT  REACHED           EARLIEST          LATEST        ORDER BY
db1   filesystem /var  50 %  100 %  2026-03-04 05:06  2026-03-04 05:06  not in sight  2026-03-04
db1   filesystem /var  50 %  100 %  now               -                 -             -
db1   filesystem /var  50 %  100 %  too little data   -                 -             -
`,
		text.Japanese: `
ホスト  対象             現在  限界値  到達見込み        最早              最遅        発注期限
db1     filesystem /var  50 %  100 %   2026-03-04 05:06  2026-03-04 05:06  見込みなし  2026-03-04
db1     filesystem /var  50 %  100 %   到達済み          -                 -           -
db1     filesystem /var  50 %  100 %   データ不足        -                 -           -
`,
	} {
		var b strings.Builder
		if err := writeTable(&b, capacityWords(lang).table(a)); err != nil {
			t.Fatal(err)
		}
		if b.String() != want[1:] {
			t.Errorf("%s:\n%s\nwant\n%s", lang, b.String(), want[1:])
		}
	}
}

func TestTheLanguageIsThatOfTheShell(t *testing.T) {
	for _, c := range []struct {
		all, lang string
		want      text.Lang
	}{{"", "ja_JP.UTF-8", text.Japanese}, {"", "C", text.English}, {"en_GB.UTF-8", "ja_JP.UTF-8", text.English}, {"ja", "", text.Japanese}, {"", "", text.English}} {
		t.Setenv("LC_ALL", c.all)
		t.Setenv("LC_MESSAGES", "")
		t.Setenv("LANG", c.lang)
		if got := shellLanguage(); got != c.want {
			t.Errorf("%+v: got %s", c, got)
		}
	}
}
