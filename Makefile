# Every command a person needs. `make` lists them.
# Another Python: make PYTHON=python3.13 run
PYTHON ?= python3
# a PYTHON that was asked for, not the default, is the one .venv must be made of
EXACT := $(if $(filter file,$(origin PYTHON)),,--exact)
# which assignment; not from the environment, where WSL puts the name of the machine
WHICH := $(if $(filter command,$(origin NAME)),$(NAME))
# how `make lecture` trains: lecture, fast or trained
RECIPE ?= lecture
PORT ?= 8000
# which pages `lab` and `run` take, en or zh; not given: those of the locale
LANG_PAGES ?= $(if $(filter zh%,$(firstword $(LC_ALL) $(LC_MESSAGES) $(LANG))),zh,en)
FOLDER_en := notebooks
FOLDER_zh := notebooks/zh
PAGES := $(or $(FOLDER_$(LANG_PAGES)),$(error LANG_PAGES must be en or zh, got '$(LANG_PAGES)'))
PY := .venv/bin/python
# a hundred processes read the same modules: without their bytecode each would compile them anew
unexport PYTHONDONTWRITEBYTECODE
# what makes .venv, and adds to it: uv, or pip where uv cannot be had
SETUP := $(PYTHON) tools/bootstrap.py $(EXACT)

.PHONY: help setup run test test-all torch gpu lab lecture trained doctor bench bench-quick bench-waiting notebooks sync-zh \
  lint lint-js map lock clean exercises-setup assignment handout collect grade grade-demo questions test-browser test-browser-all torture \
  slides slides-pdf site pdf dist serve try-arm

help:  ## list these commands
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-15s %s\n", $$1, $$2 }' Makefile

setup:
	@$(SETUP)

run: setup  ## run all lessons (quick profile), pages in build/; LANG_PAGES=zh: in Chinese, build/zh/
	@$(PY) -m tools.run_notebooks --language $(LANG_PAGES)

# the tests, then the notebooks, a process a CPU; last, alone, the notebooks that compare times. All of
# them, whatever came of those before
test: setup  ## pytest, and every notebook against its stored outputs
	@$(PY) -m pytest -n auto -m 'not slow' tests; tests=$$?; $(NOTEBOOKS)

test-all: setup  ## the same, and the tests that take long
	@$(PY) -m pytest -n auto tests; tests=$$?; $(NOTEBOOKS)
NOTEBOOKS = $(PY) -m pytest -n auto -m 'not timed' notebooks; pages=$$?; \
  $(PY) -m pytest -m timed notebooks && exit $$((tests + pages))

test-browser: setup site  ## the pages in a real Chromium; what it saw in build/screenshots
	@$(SETUP) --add requirements/browser.lock
	@$(PY) -m pytest -n auto -m 'not slow' tests/browser

test-browser-all: setup site  ## the same, and the tests that take long
	@$(SETUP) --add requirements/browser.lock
	@$(PY) -m pytest -n auto tests/browser

torture: setup  ## kill a training thirty times; it must go on to the same bits; record in tests/training/torture.json
	@D2L_EXT_KILLS=30 $(PY) -m pytest -q tests/training/test_checkpoint.py -k killed_at_random

try-arm: setup  ## try the course on Linux on ARM, emulated (5 minutes; Debian, qemu-user-static)
	@$(PY) -m tools.try_arm

# The CPU build, 0.2 GB, from PyTorch's own index; PyPI's for Linux brings several GB of CUDA. Who has
# told pip or uv of an index or of files gets it from there; UV_TORCH_BACKEND=auto gets CUDA. Not in
# a lock: each build has its own hashes, and only the build knows which of CUDA's packages it needs.
torch: setup  ## add PyTorch, torchvision and timm: tests and benchmarks then compare with them
	@$(SETUP) --add --deps torch==2.13.0
	@$(SETUP) --add torchvision==0.28.0 timm==1.0.31

gpu:  ## make .venv-gpu for NVIDIA cards of 2014 to 2022 (sm_50 to sm_89): needs the driver alone
	@$(SETUP) --gpu
	@.venv-gpu/bin/python -m d2l_ext doctor || true

lab: setup  ## read and run the lessons in JupyterLab; LANG_PAGES=zh: in Chinese
	@# docs/jupyter: no question about news, and none sent about updates. PATH: formgrader, and who
	@# opens a terminal, call the commands of .venv by their names
	@PATH="$(CURDIR)/.venv/bin:$$PATH" \
	  JUPYTER_CONFIG_PATH=docs/jupyter$${JUPYTER_CONFIG_PATH:+:$$JUPYTER_CONFIG_PATH} \
	  $(PY) -m jupyterlab --ip=127.0.0.1 --allow-root \
	  --LabApp.default_url=/lab/tree/$(PAGES)/00_start_here.ipynb

lecture: setup  ## train on all 60 000 images as the lecture does (half an hour); RECIPE=fast: quicker
	@D2L_EXT_PROFILE=lecture $(PY) -m d2l_ext train --recipe $(RECIPE) --out build/$(RECIPE).json

trained: setup  ## train anew the network that comes with the course (minutes)
	@$(PY) -m d2l_ext train --profile lecture --recipe trained --save d2l_ext/training/records/googlenet

doctor: setup  ## can the course run here, and how well?
	@$(PY) -m d2l_ext doctor

bench: setup  ## time the course beside its peers (most of an hour); results in benchmarks/results/
	@$(PY) -m benchmarks

bench-quick: setup  ## the same, under 3 minutes; results in build/bench/
	@$(PY) -m benchmarks --quick

bench-waiting: setup  ## what a person waits for, in R: set-up, lessons, tests, the dearest cells
	@$(PY) -m benchmarks --suite waiting

slides: setup  ## the lessons as slides, in build/slides (needs npm once); BY='…' on their first page
	@# the name reaches Python through the environment, where no shell reads it
	@$(PY) -m tools.build_slides $(if $(filter command,$(origin BY)),--by "$$BY")

slides-pdf: setup  ## the same, and a PDF file of each deck beside it (needs Chromium or Chrome)
	@$(SETUP) --add requirements/browser.lock
	@$(PY) -m tools.build_slides --pdf $(if $(filter command,$(origin BY)),--by "$$BY")

site: setup  ## all pages in both languages as a web site, in build/site (needs npm once); MODEL=… a network of your own
	@$(SETUP) --add requirements/site.lock
	@# both reach Python through the environment, where no shell reads them
	@$(PY) -m tools.build_site $(if $(filter command,$(origin MODEL)),--model "$$MODEL") --repository "$$REPOSITORY"

pdf: setup  ## the whole course as one PDF a language, in build/pdf (needs Chromium, and npm once)
	@$(SETUP) --add requirements/site.lock && $(SETUP) --add requirements/browser.lock
	@$(PY) -m tools.build_pdf

dist: exercises-setup pdf handout  ## what a release brings, in build/dist: wheel, source, handout, PDFs
	@rm -rf build/dist && .venv/bin/uv build --quiet --out-dir build/dist
	@cp build/inception-in-gluon.zip build/pdf/*.pdf build/dist && rm -f build/dist/.gitignore && ls -l build/dist

serve:  ## show the site on 127.0.0.1; PORT=8000
	@test -f build/site/index.html || $(MAKE) site
	@echo 'http://127.0.0.1:$(PORT)/ (Ctrl-C ends it)'
	@$(PY) -m http.server --bind 127.0.0.1 --directory build/site $(PORT) 2> /dev/null

exercises-setup: setup  ## add nbgrader, for those who grade; students need none of it
	@$(SETUP) --add requirements/exercises.lock

assignment: setup  ## make a student version: NAME=block, binding or family
	@$(PY) -m exercises assignment $(WHICH)

handout: setup  ## one zip for students, build/inception-in-gluon.zip; NAME=… for one assignment
	@$(PY) -m exercises handout $(WHICH)

collect: setup  ## unpack submissions that Moodle or Canvas exported: NAME=…, ZIP=…
	@$(PY) -m exercises collect $(WHICH)

grade: setup  ## grade what is new in exercises/submitted/: NAME=…; STUDENT=… only one, FORCE=1 all
	@# STUDENT and all options reach Python through the environment, where no shell reads them
	@$(PY) -m exercises grade $(WHICH)

grade-demo: setup  ## grade made-up submissions in build/exercises-demo, and check every score
	@CELL_SECONDS=30 $(PY) -m exercises demo $(WHICH)

questions: setup  ## the question bank as Moodle XML in both languages, in build/questions
	@$(PY) -m exercises questions

notebooks: setup  ## run all lessons and store their outputs in notebooks/
	@$(PY) -m tools.run_notebooks --in-place

sync-zh: setup  ## carry code and outputs over to notebooks/zh; list the texts to look at
	@$(PY) -m tools.sync_translation

map: setup  ## draw the rooms of d2l_ext and the map of the course; fill README's table of lessons from the record
	@$(PY) -m tools.draw_rooms && $(PY) -m tools.course_map

lint: setup  ## ruff: rules and format
	@$(PY) -m ruff check . && $(PY) -m ruff format --check .

lint-js:  ## the site's scripts: format by Prettier, types by TypeScript (needs npm)
	@npx --yes prettier@3.6.2 --check --single-quote --print-width 100 docs/playground/*.js docs/site/*.js \
	  docs/site/static/*.js
	@npx --yes --package typescript@5.9.3 tsc --noEmit --allowJs --checkJs --strict --target es2022 \
	  --module esnext --moduleResolution bundler --lib es2022,dom,dom.iterable docs/playground/*.js docs/site/static/*.js

lock:  ## resolve requirements.txt into requirements.lock (needs uv)
	uv pip compile --universal --python-version 3.10 --fork-strategy fewest --generate-hashes \
	  --no-header --no-annotate --quiet --upgrade requirements.txt --output-file requirements.lock
	uv pip compile --universal --python-version 3.10 --fork-strategy fewest --generate-hashes --no-deps \
	  --no-header --no-annotate --quiet --upgrade requirements/exercises.txt \
	  --output-file requirements/exercises.lock
	uv pip compile --universal --python-version 3.10 --generate-hashes --no-deps \
	  --no-header --no-annotate --quiet --upgrade requirements/browser.txt \
	  --output-file requirements/browser.lock
	uv pip compile --universal --python-version 3.10 --generate-hashes --no-deps \
	  --no-header --no-annotate --quiet --upgrade requirements/uv.txt \
	  --output-file requirements/uv.lock
	@mkdir -p build
	uv pip compile --universal --python-version 3.10 --fork-strategy fewest --no-header --no-annotate \
	  --quiet --upgrade --constraint requirements.lock requirements/site.txt \
	  --output-file build/site-resolved.txt
	uv pip compile --universal --python-version 3.10 --fork-strategy fewest --generate-hashes --no-deps \
	  --no-header --no-annotate --quiet --upgrade --constraint build/site-resolved.txt \
	  requirements/site.txt --output-file requirements/site.lock

clean:  ## remove .venv, build/ and caches
	rm -rf .venv .venv-gpu build *.egg-info .pytest_cache .ruff_cache
	find . -name __pycache__ -prune -exec rm -rf {} + -o -name .ipynb_checkpoints -prune -exec rm -rf {} +
