"""Options that several commands take. None means not given: the settings decide."""

import click

corpus_option = click.option(
    "--corpus", metavar="DIR", help="The corpus folder.  [default: corpus]"
)
index_option = click.option(
    "--index", metavar="DIR", help="The index folder, or a postgresql:// URL.  [default: index]"
)
json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON.")
