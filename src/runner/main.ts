// The runner's process. A reader of content is started for nearly every file of data that is judged: it loads its own code and nothing else,
// and starts in a third of the time.
// What it makes for other accounts (repositories, releases, rooms, directories of configuration) has the mode that its code names, whatever
// mask a unit or a shell hands down. What is private has a mode of its own.
process.umask(0o022)
const argv = process.argv.slice(2)
process.exit(
  argv[0] === 'content'
    ? (await import('./content-child.ts')).contentLife()
    : argv[0] === 'gunzip'
      ? await (await import('./gunzip-child.ts')).gunzipLife()
      : argv[0] === 'reports'
        ? (await import('./reports-child.ts')).reportsLife()
        : argv[0] === 'impact'
          ? (await import('./impact-child.ts')).impactLife()
          : argv[0] === 'logs'
            ? await (await import('./logs-child.ts')).logsLife()
            : argv[0] === 'bridge'
              ? await (await import('../room/bridge.ts')).bridgeLife(argv.slice(1))
              : argv[0] === 'relay'
                ? await (await import('../room/relay.ts')).relayLife(argv.slice(1))
                : argv[0] === 'rehearse'
                  ? await (await import('./rehearse-child.ts')).rehearsalLife(argv.slice(1))
                  : await (await import('./processes.ts')).runProcess(argv),
)
