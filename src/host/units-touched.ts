// The units that a path below a systemd directory speaks of: the unit itself, of a drop-in, of a `wants` link.
import { basename, dirname } from 'node:path'

const SYSTEMD = /^\/(?:etc|run|usr\/lib|usr\/local\/lib|lib)\/systemd\/system\//

export function unitsTouched(paths: readonly string[]): readonly string[] {
  const units = paths
    .filter((path) => SYSTEMD.test(path))
    .map((path) => {
      const parent = basename(dirname(path))
      return parent.endsWith('.d') ? parent.slice(0, -2) : basename(path)
    })
  return [...new Set(units.filter((name) => /^[A-Za-z0-9:_.\\@-]+\.[a-z]+$/.test(name)))]
}
