"""Settings: flags come before `BACKBOT_*` variables, and those before `backbot.toml`."""

from pathlib import Path

import pytest

from backbot.errors import SettingsError
from backbot.settings import FILE, Settings, read_settings


@pytest.fixture
def write_file(tmp_path: Path) -> Path:
    (tmp_path / FILE).write_text('port = 1\nhost = "file"\ncorpus = "file"\n', encoding="utf-8")
    return tmp_path


def test_without_anything_given_every_setting_has_its_default(tmp_path: Path) -> None:
    assert read_settings(environ={}, folder=tmp_path) == Settings()


def test_flags_come_before_variables_and_those_before_the_file(write_file: Path) -> None:
    environ = {"BACKBOT_PORT": "2", "BACKBOT_HOST": "variable"}
    settings = read_settings({"port": 3}, environ=environ, folder=write_file)
    assert (settings.port, settings.host, settings.corpus) == (3, "variable", "file")
    assert settings.index == Settings().index


def test_a_flag_that_was_not_given_decides_nothing(write_file: Path) -> None:
    assert read_settings({"port": None}, environ={}, folder=write_file).port == 1


def test_a_variable_that_is_set_to_nothing_decides_nothing(write_file: Path) -> None:
    environ = {"BACKBOT_PORT": "", "BACKBOT_HOST": "  "}
    settings = read_settings(environ=environ, folder=write_file)
    assert (settings.port, settings.host) == (1, "file")


def test_the_file_is_looked_for_where_you_stand(
    write_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(write_file)
    monkeypatch.setenv("BACKBOT_HOST", "environment")
    settings = read_settings()
    assert (settings.port, settings.host) == (1, "environment")


def test_allowed_origins_are_parted_by_spaces_in_the_variable_and_listed_in_the_file(
    tmp_path: Path,
) -> None:
    expected = ("https://a.org", "https://b.org")
    environ = {"BACKBOT_ALLOWED_ORIGINS": "https://a.org  https://b.org"}
    assert read_settings(environ=environ, folder=tmp_path).allowed_origins == expected
    (tmp_path / FILE).write_text('allowed_origins = ["https://a.org", "https://b.org"]')
    assert read_settings(environ={}, folder=tmp_path).allowed_origins == expected


@pytest.mark.parametrize("value", ["eighty", "0", "65536", "-1", "80.5", "8 0", "٨٠٠٠٠"])
def test_a_bad_variable_is_named_with_what_it_takes_and_without_what_it_holds(
    value: str, tmp_path: Path
) -> None:
    with pytest.raises(SettingsError) as caught:
        read_settings(environ={"BACKBOT_PORT": value}, folder=tmp_path)
    assert str(caught.value) == (
        "The setting `port` in BACKBOT_PORT must be a whole number from 1 to 65535."
    )


@pytest.mark.parametrize(
    ("line", "wanted"),
    [
        ("port = true", "`port` in {path} must be a whole number from 1 to 65535."),
        ("workers = 0", "`workers` in {path} must be a whole number from 1 to 1000."),
        ("threads = 'x'", "`threads` in {path} must be a whole number from 1 to 1000."),
        ("model = 3", "`model` in {path} must be a text that is not empty."),
        ("index = ''", "`index` in {path} must be a text that is not empty."),
        ("allowed_origins = 'x'", "`allowed_origins` in {path} must be a list of sites"),
        ("allowed_origins = [1]", "`allowed_origins` in {path} must be a list of sites"),
    ],
)
def test_a_bad_value_in_the_file_is_named_with_the_file(
    line: str, wanted: str, tmp_path: Path
) -> None:
    path = tmp_path / FILE
    path.write_text(line)
    with pytest.raises(SettingsError) as caught:
        read_settings(environ={}, folder=tmp_path)
    assert wanted.format(path=path) in str(caught.value)


def test_a_bad_flag_is_named_as_a_flag(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="`workers` in --workers must be a whole number"):
        read_settings({"workers": 0}, environ={}, folder=tmp_path)


def test_only_the_value_that_counts_must_fit(tmp_path: Path) -> None:
    assert read_settings({"port": 9}, environ={"BACKBOT_PORT": "x"}, folder=tmp_path).port == 9


def test_a_name_in_the_file_that_is_no_setting_is_named_beside_those_that_are(
    tmp_path: Path,
) -> None:
    (tmp_path / FILE).write_text("prot = 8000\nhost = 'here'\n")
    with pytest.raises(SettingsError) as caught:
        read_settings(environ={}, folder=tmp_path)
    assert "no such setting as prot; it may hold corpus, index, model, host, port" in str(
        caught.value
    )


@pytest.mark.parametrize("content", [b"port 8000", b'host = "\xff"', b"[", b"port = 1\nport = 2\n"])
def test_a_file_that_is_no_toml_is_named(content: bytes, tmp_path: Path) -> None:
    (tmp_path / FILE).write_bytes(content)
    with pytest.raises(SettingsError, match=r"backbot\.toml is not valid TOML"):
        read_settings(environ={}, folder=tmp_path)


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    (tmp_path / FILE).mkdir()
    with pytest.raises(SettingsError, match=r"backbot\.toml cannot be read \(Is a directory\)"):
        read_settings(environ={}, folder=tmp_path)
