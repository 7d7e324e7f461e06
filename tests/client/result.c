/* SPDX-License-Identifier: ISC */
/* Results as words. Every word is always there, so that a test never reads an unset one. */
#include "exchange.h"

#include <stdlib.h>

void result_free(struct result *res)
{
	response_free(&res->last);
	free(res->statuses);
	res->statuses = NULL;
}

bool result_is_ok(const struct result *res)
{
	const int status = res->last.status;

	return (status == 20 || (status >= 200 && status <= 299)) && res->last.complete &&
	       !*res->error;
}

static void facts_write(const struct facts *facts, struct answer *a)
{
	static const char *const verify[] = {
		[VERIFY_NONE] = "", [VERIFY_OK] = "ok", [VERIFY_FAIL] = "fail"};

	answer_yes(a, "resumed", facts->resumed);
	answer_text(a, "version", facts->version);
	answer_text(a, "cipher", facts->cipher);
	answer_text(a, "alpn", facts->alpn);
	answer_text(a, "peer", facts->peer);
	answer_yes(a, "asked", facts->asked);
	answer_number(a, "tickets", facts->tickets);
	answer_number(a, "mfl", facts->mfl);
	answer_text(a, "alert", transport_alert_name(facts->alert));
	answer_number(a, "alert_number", facts->alert);
	answer_text(a, "verify", verify[facts->verify]);
	answer_text(a, "verify_error", facts->verify_error);
}

static void response_write(const struct response *r, struct answer *a)
{
	const bool any = r->status != 0;

	if (any)
		answer_number(a, "status", r->status);
	else
		answer_text(a, "status", "");
	answer_text(a, "meta", r->meta);
	answer_number(a, "bytes", r->body.bytes);
	answer_number(a, "length", r->length);
	answer_text(a, "sha256", any ? r->body.sha256 : "");
	answer_yes(a, "complete", r->complete);
	answer_number(a, "informational", r->informational);
}

static void match_write(const struct response *r, struct answer *a)
{
	answer_yes(a, "match", r->status && r->body.differs < 0);
	answer_number(a, "differs", r->body.differs);
}

static int64_t milliseconds(const struct result *res, int64_t moment)
{
	return moment ? (moment - res->start_us) / 1000 : -1;
}

void result_write(const struct result *res, const struct request *rq, struct answer *a)
{
	static const char *const fin[] = {
		[FIN_UNKNOWN] = "", [FIN_YES] = "yes", [FIN_NO] = "no", [FIN_RST] = "rst"};
	const struct response *r = &res->last;

	response_write(r, a);
	answer_text(a, "end", transport_end_name(res->end));
	answer_text(a, "fin", fin[res->fin]);
	answer_number(a, "responses", res->responses);
	answer_text(a, "statuses", res->statuses ? res->statuses : "");
	answer_yes(a, "same", res->same);
	answer_number(a, "total", res->total);
	answer_number(a, "extra", res->extra);
	answer_number(a, "sent", res->sent);
	facts_write(&res->facts, a);
	answer_number(a, "ms", milliseconds(res, res->end_us));
	answer_number(a, "connect_ms", milliseconds(res, res->connected_us));
	answer_number(a, "first_ms", milliseconds(res, r->first_us));
	if (rq->prefix)
		match_write(r, a);
	if (rq->want & WANT_HEAD)
		answer_bytes(a, "head", r->head ? r->head : "", r->head ? r->head_len : 0);
	if (rq->want & WANT_BODY)
		answer_bytes(a, "body", r->body.kept ? (const char *)r->body.kept : "",
			r->body.kept_len);
	answer_text(a, "error", res->error);
}
