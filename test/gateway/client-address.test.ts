import t from "tap";
import { strangerOf } from "../../src/gateway/client-address.ts";

t.test("an IPv4 address is one stranger, however it is written", async (t) => {
  for (const address of ["192.0.2.7", "::ffff:192.0.2.7", "::FFFF:192.0.2.7"]) t.equal(strangerOf(address), "192.0.2.7");
  t.not(strangerOf("192.0.2.8"), strangerOf("192.0.2.7"));
});

t.test("the addresses of one /64 are one stranger", async (t) => {
  const same = [
    "2001:db8::1",
    "2001:DB8:0:0::2",
    "2001:db8:0:0:ffff:ffff:ffff:ffff",
    "2001:0db8:0000:0000:1:2:3:4",
    "2001:db8::1%eth0",
  ];
  for (const address of same) t.equal(strangerOf(address), "2001:db8:0:0::/64", address);
  for (const address of ["2001:db8:0:1::1", "2001:db9::1", "::1", "fe80::1"]) t.not(strangerOf(address), "2001:db8:0:0::/64");
  t.equal(strangerOf("::1"), "0:0:0:0::/64");
  t.equal(strangerOf("1::"), "1:0:0:0::/64");
});

t.test("what is no address is one and the same stranger", async (t) => {
  for (const text of ["", "a", "1.2.3", "1.2.3.4.5", "::ffff:1.2.3.256", "[::1]", "x".repeat(10_000)])
    t.equal(strangerOf(text), "unknown");
});
