// The process sekisho-watch: looks at what the rules declare and writes what it found into its spool. It writes nowhere else, and what is
// parsed of others' bytes is parsed in a child without its rights.
const argv = process.argv.slice(2)
const LIVES: Readonly<Record<string, () => Promise<number>>> = {
  errors: async () => (await import('./error-child.ts')).errorLife(),
  journal: async () => (await import('./journal-child.ts')).journalLife(),
  locks: async () => (await import('./locks-child.ts')).locksLife(),
}
const life = LIVES[argv[0] ?? '']
process.exit(life === undefined ? await (await import('./process.ts')).runProcess(argv) : await life())
