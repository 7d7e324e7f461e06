/* SPDX-License-Identifier: ISC */
#ifndef SULID_WORKER_LISTING_LOOK_H
#define SULID_WORKER_LISTING_LOOK_H

/*
 * What a listing's page looks like. Nothing is loaded from elsewhere, and nothing is run: it may be
 * served with "default-src 'none'; style-src 'unsafe-inline'; img-src data:". The last is for the
 * page's empty icon.
 */

#include "base/text.h"

/* <style>, of the page's head. */
void listing_add_style(struct text *text);

/* Pictures to be used by their ids: home, up, asc, desc, dir, and those of listing_icon. */
void listing_add_symbols(struct text *text);

#endif
