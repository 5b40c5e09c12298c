// A next line as whoever reads it can type it.

/** Root needs no `sudo`, which its machine may lack. */
export const asTyped = (line: string, uid: number): string => (uid === 0 ? line.replace(/^sudo /, '') : line)
