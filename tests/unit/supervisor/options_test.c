/* SPDX-License-Identifier: ISC */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "contract/build.h"

#include "options.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* What the command was called with: values and operands, "-" for a value not given. */
static char called[512];

static int run(const struct arguments *arguments)
{
	size_t used = 0;

	for (int i = 0; i < 3; i++)
		used += (size_t)snprintf(called + used, sizeof called - used, "%s|",
			arguments->value[i] ? arguments->value[i] : "-");
	for (int i = 0; i < arguments->count; i++)
		used += (size_t)snprintf(
			called + used, sizeof called - used, " <%s>", arguments->operands[i]);
	return 42;
}

static int pass(char **argv)
{
	size_t used = 0;

	for (; *argv; argv++)
		used += (size_t)snprintf(called + used, sizeof called - used, "[%s]", *argv);
	return 43;
}

static const struct command commands[] = {
	{.name = "serve",
		.operands = "[DIR] [X]",
		.least = 0,
		.most = 2,
		.help = "serves a directory",
		.details = "More of it.",
		.options = {{"config", 'c', "FILE", "the configuration"},
			{"verbose", 'v', NULL, "says more"}, {"http", 0, "PORT", "where"}},
		.run = run},
	{.name = "many", .operands = "NAME…", .least = 1, .most = -1, .help = "many", .run = run},
	{.name = "tool", .operands = "", .help = "another program's", .passes = pass},
	{0},
};

static const char serve_help[] = "usage: sulid serve [OPTION]… [DIR] [X]\n"
				 "\n"
				 "serves a directory.\n"
				 "\n"
				 "More of it.\n"
				 "\n"
				 "  -c, --config FILE        the configuration\n"
				 "  -v, --verbose            says more\n"
				 "      --http PORT          where\n"
				 "  -h, --help               this text\n";

static const char many_help[] = "usage: sulid many NAME…\n"
				"\n"
				"many.\n"
				"\n"
				"  -h, --help               this text\n";

static const char general_help[] =
	"sulid serves static files over HTTPS, HTTP and Gemini; the kernel encrypts.\n\n"
	"usage: sulid COMMAND [OPTION]…\n\n"
	"  serve        serves a directory\n"
	"  many         many\n"
	"  tool         another program's\n"
	"\n  sulid help COMMAND   tells more of one\n"
	"  sulid --version      version, build and OpenSSL\n\n"
	"To look around:  sulid serve DIR\n"
	"Manuals:         sulid(8), sulid.yaml(5)\n";

static const struct {
	const char *words[8];
	int status;
	const char *out, *err, *called;
} cases[] = {
	/* help */
	{{NULL}, EXIT_USAGE, "", general_help, ""},
	{{"--help"}, EXIT_DONE, general_help, "", ""},
	{{"-h", "serve"}, EXIT_DONE, general_help, "", ""},
	{{"help"}, EXIT_DONE, general_help, "", ""},
	{{"help", "serve"}, EXIT_DONE, serve_help, "", ""},
	{{"help", "many"}, EXIT_DONE, many_help, "", ""},
	{{"help", "tool"}, 43, "", "", "[tool][--help]"},
	{{"serve", "--help"}, EXIT_DONE, serve_help, "", ""},
	{{"serve", "a", "b", "c", "-h"}, EXIT_DONE, serve_help, "", ""},
	{{"help", "sreve"}, EXIT_USAGE, "",
		"sulid: unknown command \"sreve\"; did you mean \"serve\"?\n", ""},
	/* unknown */
	{{"serv"}, EXIT_USAGE, "", "sulid: unknown command \"serv\"; did you mean \"serve\"?\n",
		""},
	{{"dance"}, EXIT_USAGE, "", "sulid: unknown command \"dance\"; see: sulid --help\n", ""},
	{{"--dance"}, EXIT_USAGE, "", "sulid: unknown option \"--dance\"; see: sulid --help\n", ""},
	{{"serve", "--confg=x"}, EXIT_USAGE, "",
		"sulid serve: unknown option \"--confg\"; did you mean \"--config\"?\n", ""},
	{{"serve", "--port", "1"}, EXIT_USAGE, "",
		"sulid serve: unknown option \"--port\"; see: sulid help serve\n", ""},
	{{"serve", "--conf", "x"}, EXIT_USAGE, "",
		"sulid serve: unknown option \"--conf\"; see: sulid help serve\n", ""},
	{{"serve", "-x"}, EXIT_USAGE, "",
		"sulid serve: unknown option \"-x\"; see: sulid help serve\n", ""},
	{{"serve", "-vc"}, EXIT_USAGE, "",
		"sulid serve: unknown option \"-vc\"; see: sulid help serve\n", ""},
	{{"many", "-c", "x"}, EXIT_USAGE, "",
		"sulid many: unknown option \"-c\"; see: sulid help many\n", ""},
	/* values */
	{{"serve"}, 42, "", "", "-|-|-|"},
	{{"serve", "--config=a=b"}, 42, "", "", "a=b|-|-|"},
	{{"serve", "--config="}, 42, "", "", "|-|-|"},
	{{"serve", "--config", "a"}, 42, "", "", "a|-|-|"},
	{{"serve", "-c", "a"}, 42, "", "", "a|-|-|"},
	{{"serve", "-ca"}, 42, "", "", "a|-|-|"},
	{{"serve", "-c", "-v"}, 42, "", "", "-v|-|-|"},
	{{"serve", "-v", "--http", "8080"}, 42, "", "", "-||8080|"},
	{{"serve", "-c", "a", "-c", "b"}, 42, "", "", "b|-|-|"},
	{{"serve", "--config"}, EXIT_USAGE, "", "sulid serve: --config wants a value: FILE\n", ""},
	{{"serve", "-c"}, EXIT_USAGE, "", "sulid serve: --config wants a value: FILE\n", ""},
	{{"serve", "--verbose=1"}, EXIT_USAGE, "", "sulid serve: --verbose takes no value\n", ""},
	/* operands */
	{{"serve", "a", "--verbose", "b"}, 42, "", "", "-||-| <a> <b>"},
	{{"serve", "--", "--help", "-v"}, 42, "", "", "-|-|-| <--help> <-v>"},
	{{"serve", "--", "--"}, 42, "", "", "-|-|-| <-->"},
	{{"serve", "-", ""}, 42, "", "", "-|-|-| <-> <>"},
	{{"serve", "a", "b", "c"}, EXIT_USAGE, "",
		"sulid serve: too many arguments; see: sulid help serve\n", ""},
	{{"many"}, EXIT_USAGE, "", "sulid many: something is missing; see: sulid help many\n", ""},
	{{"many", "1", "2", "3", "4", "5"}, 42, "", "", "-|-|-| <1> <2> <3> <4> <5>"},
	{{"tool", "--help", "--", "-x"}, 43, "", "", "[tool][--help][--][-x]"},
};

static int kept[2], caught[2];

static void catch_begin(void)
{
	fflush(stdout);
	for (int i = 0; i < 2; i++) {
		kept[i] = fcntl(1 + i, F_DUPFD_CLOEXEC, 10);
		caught[i] = memfd_create("options_test", MFD_CLOEXEC);
		dup2(caught[i], 1 + i);
	}
}

static void catch_end(char text[2][4096])
{
	fflush(stdout);
	for (int i = 0; i < 2; i++) {
		ssize_t n = pread(caught[i], text[i], 4095, 0);

		dup2(kept[i], 1 + i);
		close(kept[i]);
		close(caught[i]);
		text[i][n > 0 ? n : 0] = '\0';
	}
}

static void test_cases(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		char words[8][32], *argv[10] = {(char[]){"sulid"}};
		char text[2][4096];
		int argc = 1, status;

		for (; argc <= 8 && cases[i].words[argc - 1]; argc++) {
			snprintf(words[argc - 1], sizeof words[0], "%s", cases[i].words[argc - 1]);
			argv[argc] = words[argc - 1];
		}
		called[0] = '\0';
		catch_begin();
		status = options_run(commands, argc, argv);
		catch_end(text);
		if (status != cases[i].status)
			fail_msg("case %zu (%s): status %d", i, cases[i].words[0], status);
		assert_string_equal(text[0], cases[i].out);
		assert_string_equal(text[1], cases[i].err);
		assert_string_equal(called, cases[i].called);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_cases),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
