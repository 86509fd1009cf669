/** Keys of the part that the file is named after. Names, units and defaults are Cruise Control's where it has the key. */

/** See the file's name. */
export const KAFKA_CLIENT_KEYS = {} as const;
