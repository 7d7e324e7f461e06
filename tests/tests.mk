# SPDX-License-Identifier: ISC
#
# Unit tests: tests/unit/ROLE/NAME_test.c, one program each, linked with all of src/ROLE but its
# main, and contract and base.

TEST_SOURCES := $(sort $(wildcard tests/unit/*/*_test.c))
UNIT_TESTS   := $(TEST_SOURCES:%.c=$(B)/%)
test_role     = $(word 3,$(subst /, ,$(1)))

define UNIT_RULE
$(B)/$(1:%.c=%): $(1) $(filter-out %/main.o,$(if $(filter-out base contract,$(call test_role,$(1))),$(call objects,$(call test_role,$(1))))) $(ARCHIVES) | $(B)/$(dir $(1))
	@echo '  LD   $$@'; \
	$$(COMPILE) -I$(B)/include/$(call test_role,$(1)) -Isrc/$(call test_role,$(1)) -Isrc -I$(B) $$(CFLAGS_$(call test_role,$(1))) \
		-o $$@ $(1) $$(filter %.o,$$^) $$(ARCHIVES) $$(HARDEN_L) $$(LDFLAGS) $$(LIBS_$(call test_role,$(1))) -lcmocka
endef
$(foreach t,$(TEST_SOURCES),$(eval $(call UNIT_RULE,$(t))))

$(B)/tests/client: $(wildcard tests/client/*.c) $(wildcard tests/client/*.h) | $(B)/tests/
	@echo '  LD   $@'; \
	$(CC) -std=gnu17 -D_GNU_SOURCE $(CPPFLAGS) $(CFLAGS) $(WARNINGS) -Itests/client -o $@ $(filter %.c,$^) $(LDFLAGS) \
		$(shell $(PKG_CONFIG) --libs --cflags libssl libcrypto gnutls) -lm -pthread

unit-tests: $(UNIT_TESTS)

check-unit: all $(UNIT_TESTS)
	@tests/run-unit $(UNIT_TESTS)

-include $(wildcard $(B)/tests/unit/*/*.d)
.PHONY: unit-tests check-unit

$(B)/tests/count_allocations.so: tests/preload/count_allocations.c | $(B)/tests/
	@echo '  LD   $@'; \
	$(CC) -std=gnu17 -D_GNU_SOURCE $(CFLAGS) -Wall -Wextra -fPIC -shared -o $@ $<

# What the tests need is seen to first; it is silent if all is there.
test-needs:
	@packaging/dependencies build test host

lab-needs:
	@packaging/dependencies build test host lab

check: lab-needs
	@tests/check host vm

# Both guests run everything as it is; this is for what may one day be too long for every day.
check-all: check

check-host: test-needs
	@tests/check host

check-vm: lab-needs
	@tests/check vm

.PHONY: check check-all check-host check-vm test-needs lab-needs
