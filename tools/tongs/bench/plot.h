/* SPDX-License-Identifier: MIT */
/* What `tongs bench` found, as a picture. */
#ifndef TONGS_TOOL_BENCH_PLOT_H
#define TONGS_TOOL_BENCH_PLOT_H

#include "report.h"

/* Draws an SVG: for each result a bar for its ratio, on a logarithmic scale, from 1 to the left where Tongs is the
 * cheaper and to the right where it is not; marks its goals. Whether writing went well is `file`'s to tell. */
void tongs_bench_plot(FILE *file, const struct tongs_bench_report *report);

#endif
