// One durable write of the product in a process of its own, so that a test can let the disk fail under it: `export FILE` replaces an
// exported ledger, `object DIRECTORY` stores an object of the runner. Exit 0: done; 3: refused with a code of ours, which is printed.
import { SekishoError } from '../../src/base/error.ts'
import { sha256 } from '../../src/base/hash.ts'
import { Objects } from '../../src/runner/objects.ts'
import { writeDurable } from '../../src/sys/files.ts'

const [kind = '', path = ''] = process.argv.slice(2)
const NEW = 'n'.repeat(60_000)
try {
  if (kind === 'export') await writeDurable(path, NEW, { mode: 0o644 })
  else {
    const objects = new Objects(path)
    await objects.prepare()
    await objects.store('blob', sha256(NEW), Buffer.from(NEW))
  }
} catch (error) {
  if (!(error instanceof SekishoError)) throw error
  console.log(error.code)
  process.exitCode = 3
}
