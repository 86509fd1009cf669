import { assert, assertEquals } from "@std/assert";
import { lockDirectory } from "../../store/directory_lock.ts";

Deno.test("lockDirectory() makes the directory and can be had again after release()", () => {
  const directory = `${Deno.makeTempDirSync()}/a/b`;
  for (let i = 0; i < 2; i++) {
    const locked = lockDirectory(directory);
    assert(locked.ok, locked.ok ? "" : locked.failure.message);
    locked.value.release();
  }
});

Deno.test("lockDirectory() names the process that has it, until that one is killed", async () => {
  const directory = Deno.makeTempDirSync();
  const holder = new Deno.Command(Deno.execPath(), {
    args: [
      "run",
      "-A",
      "--no-check",
      new URL("children/lock_holder.ts", import.meta.url).pathname,
      directory,
    ],
    stdin: "piped",
    stdout: "piped",
    stderr: "null",
  }).spawn();
  const reader = holder.stdout.getReader();
  const said = new TextDecoder().decode((await reader.read()).value);
  assertEquals(said.trim(), "taken");
  const refused = lockDirectory(directory);
  assert(!refused.ok);
  assertEquals(refused.failure.code, "invalid_argument");
  assert(refused.failure.message.includes(`process ${holder.pid} `), refused.failure.message);
  holder.kill("SIGKILL");
  await holder.status;
  await holder.stdin.abort().catch(() => {});
  await reader.cancel();
  const locked = lockDirectory(directory);
  assert(locked.ok, locked.ok ? "" : locked.failure.message);
  locked.value.release();
  Deno.removeSync(directory, { recursive: true });
});

Deno.test("lockDirectory() names a directory that cannot be made", () => {
  const file = Deno.makeTempFileSync();
  const refused = lockDirectory(`${file}/below`);
  assert(!refused.ok);
  assertEquals(refused.failure.code, "invalid_file");
  Deno.removeSync(file);
});
