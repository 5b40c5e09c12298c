// Names that build tools and package managers look for.
import { namesMeet } from './path.ts'
import type { Value } from './value.ts'

/** Files that say what a project is: without them nothing is built again. */
const MANIFESTS: ReadonlySet<string> = new Set(
  'Cargo.toml Cargo.lock package.json go.mod pyproject.toml setup.py pom.xml build.gradle build.gradle.kts settings.gradle Gemfile composer.json mix.exs Package.swift CMakeLists.txt Makefile Dockerfile docker-compose.yml docker-compose.yaml compose.yml compose.yaml flake.nix'.split(
    ' ',
  ),
)

/** A pattern can take one where a part of its name is written; a bare star is every file, and another rule's question. */
export function isManifest(name: Value): boolean {
  const only = name.length === 1 ? name[0] : undefined
  if (typeof only === 'string') return MANIFESTS.has(only)
  if (!name.some((piece) => typeof piece === 'string')) return false
  for (const one of MANIFESTS) if (namesMeet(name, [one])) return true
  return false
}
