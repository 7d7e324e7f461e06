/* SPDX-License-Identifier: ISC */
#include "status.h"

#include <stddef.h>

static const struct status table[] = {
	{10, "Input", NULL},
	{11, "Sensitive input", NULL},
	{20, "Success", NULL},
	{30, "Moved for now", NULL},
	{31, "Moved permanently", NULL},
	{40, "The file cannot be read at the moment", NULL},
	{41, "The server is busy, please try again", NULL},
	{44, "Slow down", NULL},
	{51, "Not found", NULL},
	{52, "Gone", NULL},
	{53, "This server does not answer for that address", NULL},
	{59, "Bad request", NULL},
	{60, "A client certificate is needed here", NULL},
	{61, "This certificate may not see this", NULL},
	{62, "This certificate is not valid at this time", NULL},
	{200, "OK", NULL},
	{204, "No Content", NULL},
	{206, "Partial Content", NULL},
	{301, "Moved Permanently", "What you asked for is at another address now."},
	{302, "Found", "What you asked for is at another address for now."},
	{304, "Not Modified", NULL},
	{400, "Bad Request", "The server does not understand this request."},
	{403, "Forbidden", "You may not see this."},
	{404, "Not Found", "There is nothing at this address."},
	{405, "Method Not Allowed", "This can be read, and nothing else."},
	{406, "Not Acceptable", "Your program takes no form in which there is this."},
	{408, "Request Timeout", "The request took too long to arrive."},
	{410, "Gone", "This was here and will not come back."},
	{412, "Precondition Failed", "This is not the version that was meant."},
	{414, "URI Too Long", "This address is too long."},
	{416, "Range Not Satisfiable", "This is not as long as that."},
	{421, "Misdirected Request", "No site of this name is here."},
	{429, "Too Many Requests",
		"You have asked for a lot in a short time. Please try again in a moment."},
	{431, "Request Header Fields Too Large",
		"Your browser sent more than the server takes. "
		"Deleting cookies may help."},
	{500, "Internal Server Error", "This cannot be read at the moment."},
	{501, "Not Implemented", "The server does not know how to do this."},
	{503, "Service Unavailable", "The server is busy. Please try again in a moment."},
	{505, "HTTP Version Not Supported", "The server speaks HTTP/1.1."},
};

const struct status *status_find(unsigned number)
{
	static const struct status unknown = {0, "Unknown", NULL};

	for (size_t i = 0; i < sizeof table / sizeof table[0]; i++)
		if (table[i].number == number)
			return &table[i];
	return &unknown;
}
