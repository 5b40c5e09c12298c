// Bundles into dist/, each one file without dependencies. A new bundle is a new row.
import { chmod } from 'node:fs/promises'
import { build } from 'esbuild'

interface Bundle {
  readonly name: string
  readonly entry: string
  /** Started by hand: gets a first line for the kernel and mode 0755. */
  readonly program: boolean
}

const BUNDLES: readonly Bundle[] = [{ name: 'sekisho-verify', entry: 'src/verify/main.ts', program: true }]

for (const { name, entry, program } of BUNDLES) {
  const outfile = `dist/${name}.mjs`
  await build({
    entryPoints: [entry],
    outfile,
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node24',
    legalComments: 'none',
    logLevel: 'warning',
    ...(program ? { banner: { js: '#!/usr/bin/env node' } } : {}),
  })
  if (program) await chmod(outfile, 0o755)
  console.log(outfile)
}
