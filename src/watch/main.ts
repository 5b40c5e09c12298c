// The process sekisho-watch: looks at what the rules declare and writes what it found into its spool. It writes nowhere else, and what is
// parsed of others' bytes is parsed in a child without its rights (`errors`).
const argv = process.argv.slice(2)
process.exit(
  argv[0] === 'errors'
    ? await (await import('./error-child.ts')).errorLife()
    : await (await import('./process.ts')).runProcess(argv),
)
