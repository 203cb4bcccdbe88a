// Package dashboards serves what people look at: pages, the NOC wall, pictures
// and the JSON API. It shows what other rooms know and decides nothing itself.
//
// Every page works without JavaScript; the script adds live changes and the
// ring that shows how old the picture is. Every word comes from the catalogue.
// What the signs mean is written in README.md, how the web part is built in
// web/README.md.
package dashboards
