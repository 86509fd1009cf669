import { testFaultyDays } from "./faulty_days.ts";

testFaultyDays(1);
