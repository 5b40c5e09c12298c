// Names that build tools and package managers look for.

/** Files that say what a project is: without them nothing is built again. */
export const MANIFESTS: ReadonlySet<string> = new Set(
  'Cargo.toml Cargo.lock package.json go.mod pyproject.toml setup.py pom.xml build.gradle build.gradle.kts settings.gradle Gemfile composer.json mix.exs Package.swift CMakeLists.txt Makefile Dockerfile docker-compose.yml docker-compose.yaml compose.yml compose.yaml flake.nix'.split(
    ' ',
  ),
)
