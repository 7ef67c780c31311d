import { expect, test } from "bun:test";
import { PluginFailure } from "../../failure.ts";
import { checkAddresses } from "./address.ts";

test("privateNetwork opens what is private and nothing else", () => {
  const check = (address: string) => () => checkAddresses("a.test", [address], { allowPrivate: true });
  for (const open of [
    "127.0.0.1",
    "::1",
    "10.0.0.1",
    "192.168.1.1",
    "fd12::1",
    "169.254.1.1",
    "100.64.0.1",
  ]) {
    expect(check(open)).not.toThrow();
  }
  for (const closed of ["169.254.169.254", "fd00:ec2::254", "0.0.0.0", "224.0.0.1", "::ffff:127.0.0.1"]) {
    expect(check(closed)).toThrow(PluginFailure);
  }
});

test("one closed address refuses a name, whatever else it leads to", () => {
  const check = () => checkAddresses("a.test", ["8.8.8.8", "127.0.0.1"], { allowPrivate: false });
  expect(check).toThrow("a.test leads to a loopback address");
  expect(() => checkAddresses("a.test", ["8.8.8.8"], { allowPrivate: false })).not.toThrow();
});
