/** Takes a data directory, says so, and keeps it until it is killed. Argument: directory. */
import { lockDirectory } from "../../../store/directory_lock.ts";

const locked = lockDirectory(Deno.args[0]!);
console.log(locked.ok ? "taken" : locked.failure.message);
await Deno.stdin.read(new Uint8Array(1));
