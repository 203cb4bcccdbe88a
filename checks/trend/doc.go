// Package trend finds what is unusual in a series.
package trend
