import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { readBytes, writeTextFile } from "../../model/files.ts";

async function withDirectory(test: (directory: string) => Promise<void>): Promise<void> {
  const directory = await Deno.makeTempDir();
  try {
    await test(directory);
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
}

async function packed(text: string): Promise<Uint8Array> {
  const stream = ReadableStream.from([text]).pipeThrough(new TextEncoderStream())
    .pipeThrough(new CompressionStream("gzip"));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}

function namesIn(directory: string): string[] {
  return [...Deno.readDirSync(directory)].map((entry) => entry.name).sort();
}

Deno.test("readBytes() stops unpacking a file that grows a thousandfold", async () => {
  await withDirectory(async (directory) => {
    const bomb = await packed("a".repeat(5_000_000));
    assert(bomb.length < 10_000);
    await Deno.writeFile(`${directory}/bomb.gz`, bomb);
    const read = await readBytes(`${directory}/bomb.gz`, "snapshot", { bytesMax: 100_000 });
    assert(!read.ok);
    assertEquals(read.failure.code, "invalid_file");
    assertStringIncludes(read.failure.message, "must be at most 100000 bytes, unpacked");
    const whole = await readBytes(`${directory}/bomb.gz`, "snapshot");
    assert(whole.ok && whole.value.length === 5_000_000);
  });
});

Deno.test("readBytes() unpacks a packed file whatever its name is", async () => {
  await withDirectory(async (directory) => {
    const path = `${directory}/cluster.json`;
    for (const text of ["a".repeat(600_000), "{}", "x", ""]) {
      await Deno.writeFile(path, await packed(text));
      const read = await readBytes(path, "snapshot");
      assertEquals(read.ok && new TextDecoder().decode(read.value), text);
      await Deno.writeTextFile(path, text);
      const plain = await readBytes(path, "snapshot");
      assertEquals(plain.ok && new TextDecoder().decode(plain.value), text);
    }
  });
});

Deno.test("readBytes() ends at its limit where a file has no end", async () => {
  if (Deno.build.os === "windows") return;
  const read = await readBytes("/dev/zero", "snapshot", { bytesMax: 1_000_000 });
  assert(!read.ok);
  assertStringIncludes(read.failure.message, "must be at most 1000000 bytes");
});

Deno.test("writeTextFile() leaves the file as it was when it is interrupted or fails", async () => {
  await withDirectory(async (directory) => {
    const path = `${directory}/plan.json`;
    await Deno.writeTextFile(path, "before");
    const abort = new AbortController();
    const endless = function* () {
      for (let i = 0;; i++) {
        if (i === 50) abort.abort();
        yield "x".repeat(70_000);
      }
    };
    const cut = await writeTextFile(path, endless(), "plan", { signal: abort.signal });
    assert(!cut.ok);
    assertEquals(cut.failure.code, "cancelled");
    const broken = function* () {
      yield "half";
      throw new TypeError("a mistake of ours");
    };
    assert(!(await writeTextFile(path, broken(), "plan")).ok);
    assertEquals(await Deno.readTextFile(path), "before");
    assertEquals(namesIn(directory), ["plan.json"]);
    assert((await writeTextFile(path, ["whole"], "plan")).ok);
    assertEquals(await Deno.readTextFile(path), "whole");
  });
});

Deno.test("writeTextFile() takes text and its bytes, packed or not, though each piece is overwritten by the next", async () => {
  await withDirectory(async (directory) => {
    const pieces = function* () {
      const bytes = new Uint8Array(2);
      for (const [i, letter] of ["a", "b", "c"].entries()) {
        bytes.fill(letter.charCodeAt(0));
        if (i > 0) yield bytes;
        yield letter.toUpperCase();
      }
    };
    for (const name of ["plan.json", "plan.json.gz"]) {
      assert((await writeTextFile(`${directory}/${name}`, pieces(), "plan")).ok);
      const read = await readBytes(`${directory}/${name}`, "plan");
      assert(read.ok);
      assertEquals(new TextDecoder().decode(read.value), "AbbBccC");
    }
  });
});

Deno.test("writeTextFile() replaces what a symbolic link leads to, not the link", async () => {
  await withDirectory(async (directory) => {
    await Deno.writeTextFile(`${directory}/real.json`, "before");
    await Deno.symlink(`${directory}/real.json`, `${directory}/link.json`);
    assert((await writeTextFile(`${directory}/link.json`, ["after"], "plan")).ok);
    assertEquals(await Deno.readTextFile(`${directory}/real.json`), "after");
    assert((await Deno.lstat(`${directory}/link.json`)).isSymlink);
    assertEquals(namesIn(directory), ["link.json", "real.json"]);
  });
});

Deno.test("writeTextFile() says when the place is a directory or cannot be had", async () => {
  await withDirectory(async (directory) => {
    for (const path of [directory, `${directory}/none/plan.json`]) {
      const written = await writeTextFile(path, ["x"], "plan");
      assert(!written.ok);
      assertEquals(written.failure.code, "invalid_file");
      assertStringIncludes(written.failure.message, `Cannot write plan ${path}`);
    }
  });
});
