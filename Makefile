.PHONY: setup run test lint lock clean

setup:  ## both environments, the embedded model, the catalogue, the Rasa model; cached in .build
	@python3 -m scripts.setup

run: setup  ## the service; HOST and PORT are passed on
	@exec .venv/bin/daoban serve $(if $(HOST),--host $(HOST)) $(if $(PORT),--port $(PORT))

test: setup  ## all tests, one at a time: those of the whole service need both cores; ARGS are passed on
	@.venv/bin/pytest -n 0 $(ARGS)

lint: setup
	.venv/bin/ruff check .
	.venv/bin/ruff format --check .
	.venv/bin/mypy
	.venv/bin/lint-imports

# Needs uv. torch is left out, since setup installs it by itself. Rasa's lock is for Linux on x86-64.
LOCK = uv --config-file scripts/setup/uv.toml pip compile --generate-hashes --no-header --no-annotate --no-emit-index-url --no-emit-find-links
lock:
	printf 'hatchling\neditables\n' | $(LOCK) pyproject.toml - --extra serve --extra scale --extra test --universal --python-version 3.11 \
		--no-emit-package torch -o requirements.txt
	printf 'rasa[jieba]==3.6.21\nsetuptools<81\n' | $(LOCK) - --python-version 3.10 --python-platform x86_64-manylinux_2_28 \
		-o bot/requirements-rasa.txt

clean:
	rm -rf .build
	[ ! -L .venv ] || rm .venv
