package dashboards

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"monitord/checks"
	"monitord/internal/inventory"
	"monitord/internal/text"
)

func TestTheWallGivesTheWorstTheMostRoom(t *testing.T) {
	for _, c := range []struct {
		critical, warning, taken int
		mode                     string
		tiles, rest              int
	}{
		{0, 0, 0, "calm", 0, 0},
		{1, 2, 2, "c1", 5, 0},
		{2, 0, 0, "c2", 2, 0},
		{3, 3, 5, "c3", 9, 0},
		{1, 4, 3, "c1", 7, 0},
		{1, 7, 3, "storm", 8, 0},
		{0, 7, 3, "few", 9, 0},
		{4, 0, 0, "storm", 4, 0},
		{0, 3, 1, "few", 4, 0},
		{0, 12, 3, "storm", 12, 0},
		{11, 22, 2, "storm", 11, 22},
	} {
		h := newHouse()
		for i := range c.critical {
			h.service(fmt.Sprintf("c%d/x", i), checks.Critical, time.Hour)
		}
		for i := range c.warning {
			h.service(fmt.Sprintf("w%d/x", i), checks.Warning, time.Hour)
		}
		for i := range c.taken {
			h.service(fmt.Sprintf("t%d/x", i), checks.Critical, time.Hour)
			h.taken("網 担当")
		}
		_, body := get(t, h.pages(t), "/wall?lang=ja")
		wantIn(t, body, `<main class="wall `+c.mode+`"`)
		if got := strings.Count(body, `<article class="tile `) - strings.Count(body, "tile s2 rest"); got != c.tiles {
			t.Errorf("%+v: %d tiles, want %d", c, got, c.tiles)
		}
		if c.rest > 0 {
			wantIn(t, body, fmt.Sprintf("+%d<", c.rest))
		}
		if got := strings.Contains(body, "tile s3"); got != (c.mode == "c1" || c.mode == "c2" || c.mode == "c3") {
			t.Errorf("%+v: large tiles: %v", c, got)
		}
	}
}

func TestTheWallNeverSaysThatAllIsWellByDefault(t *testing.T) {
	h := newHouse()
	_, body := get(t, h.pages(t), "/wall?lang=en")
	wantNotIn(t, body, "All is well")
	h.service("db1/x", checks.OK, time.Hour).LastCheck = time.Time{}
	_, body = get(t, h.pages(t), "/wall?lang=en")
	wantIn(t, body, "No fault so far")
	h.services[0].LastCheck = start
	_, body = get(t, h.pages(t), "/wall?lang=en")
	wantIn(t, body, "All is well")
}

func TestTheWallIsDarkUntilToldOtherwise(t *testing.T) {
	p := newHouse().pages(t)
	_, body := get(t, p, "/wall")
	wantIn(t, body, `data-theme="dark"`)
	_, body = get(t, p, "/wall", "Cookie", "theme=light")
	wantIn(t, body, `data-theme="light"`)
}

func TestTheStaleBandIsInEveryWallFromTheStart(t *testing.T) {
	h := newHouse()
	h.inv.Zone = time.FixedZone("JST", 9*3600)
	h.inv.Hosts = []inventory.Host{{Name: "db1"}}
	_, body := get(t, h.pages(t), "/wall?lang=ja")
	wantIn(t, body, `class="w-hatch"`, "更新停止 STALE", "02:54:20", `http-equiv="refresh"`)
}

func TestASmallTileNamesTheSeriesAndHasItsDateAndItsSize(t *testing.T) {
	h := newHouse()
	s := h.service("東京-web3/trend[eth0 in]", checks.Warning, 8*time.Hour)
	s.Summary = text.M("trend.pattern-lost", text.Str("series", "eth0 in"), text.Time("onset", start.Add(-9*time.Hour)), text.Sub("change", text.M("trend.change", text.Str("sign", "−"), text.Ratio("by", .95))))
	p := h.pages(t)
	p.Trends = foreseen{}
	_, body := get(t, p, "/wall?lang=en")
	wantIn(t, body, "<bdi>東京-web3/eth0 in</bdi>", "<span class=\"txt\"><bdi>Since Sat 21 Nov 17:54 no rhythm, level −95\u00a0%</bdi></span>", // on the tile
		"<dd><bdi>eth0 in lost its rhythm since Sat 21 Nov 17:54, level −95\u00a0%</bdi></dd>") // beside the picture
	_, body = get(t, p, "/wall?lang=ja")
	wantIn(t, body, "<span class=\"txt\"><bdi>"+text.KeepDates("11月21日(土)")+" 17:54 から周期消失、水準 −95\u00a0%</bdi></span>")
	wantIn(t, body, "<dd><bdi>eth0 in の周期的な変化が "+text.KeepDates("11月21日(土)")+" 17:54 から失われています（水準 −95\u00a0%）</bdi></dd>")
}
