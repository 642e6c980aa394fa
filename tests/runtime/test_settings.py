"""The environment, read once, with every fault at once."""

from pathlib import Path

import pytest

from runtime.settings import Settings, SettingsError, read_settings

GIVEN = {"TALKTABLE_WHATSAPP_APP_SECRET": "5f1c", "TALKTABLE_WHATSAPP_VERIFY_TOKEN": "verify-me",
         "TALKTABLE_WHATSAPP_ACCESS_TOKEN": "EAAG", "TALKTABLE_WHATSAPP_PHONE_NUMBER_ID": "100200"}


def faults(*args: object, **more: object) -> list[str]:
    with pytest.raises(SettingsError) as fault:
        read_settings(*args, **more)  # type: ignore[arg-type]
    return fault.value.faults


def test_what_is_given_is_read_and_the_rest_has_defaults():
    settings = read_settings(GIVEN | {"TALKTABLE_PORT": "9000", "HOME": "/"})

    assert settings == Settings(
        whatsapp_app_secret="5f1c", whatsapp_verify_token="verify-me", whatsapp_access_token="EAAG",
        whatsapp_phone_number_id="100200", port=9000)
    assert (settings.database_url, settings.whatsapp_graph_url) == (
        "sqlite:///talktable.db", "https://graph.facebook.com")


def test_no_secret_is_ever_shown():
    shown = repr(read_settings(GIVEN))

    assert not any(secret in shown for secret in ("5f1c", "verify-me", "EAAG"))


def test_a_secret_may_stand_in_a_file(tmp_path: Path):
    (tmp_path / "token").write_text("EAAG-from-file\n")
    given = {key: value for key, value in GIVEN.items() if "ACCESS" not in key}

    settings = read_settings(given | {"TALKTABLE_WHATSAPP_ACCESS_TOKEN_FILE": str(tmp_path / "token")})
    assert settings.whatsapp_access_token == "EAAG-from-file"


def test_two_app_secrets_are_given_while_they_are_exchanged():
    settings = read_settings(GIVEN | {"TALKTABLE_WHATSAPP_APP_SECRET": "new,old"})

    assert settings.app_secrets == ("new", "old")


def test_flags_win_then_variables_then_the_file(tmp_path: Path):
    file = tmp_path / "talktable.toml"
    file.write_text('port = 1\nhost = "from-file"\nlog_level = "error"\n[whatsapp]\ngraph_version = "v24.0"\n')

    settings = read_settings(GIVEN | {"TALKTABLE_PORT": "2", "TALKTABLE_HOST": "from-variable"},
                             {"port": 3, "host": None}, file)
    assert (settings.port, settings.host, settings.log_level) == (3, "from-variable", "error")
    assert settings.whatsapp_graph_version == "v24.0"


def test_every_fault_is_told_at_once(tmp_path: Path):
    file = tmp_path / "talktable.toml"
    file.write_text("prot = 1\n")

    assert faults({"TALKTABLE_PORT": "many", "TALKTABLE_WHATSAPP_ACCESS_TOKEN_FILE": "/nowhere",
                   "TALKTABLE_WHATSAPP_VERIFY_TOKEN": "CHANGEME", "TALKTABLE_DATABASE_URL": "mysql://x",
                   "TALKTABLE_WHATSAPP_GRAPH_URL": "graph", "TALKTABLE_WHATSAPP_GRAPH_VERSION": "25",
                   "TALKTABLE_LOG_LEVEL": "loud"}, file=file) == [
        "`TALKTABLE_WHATSAPP_ACCESS_TOKEN_FILE`: `/nowhere` cannot be read (FileNotFoundError)",
        "`TALKTABLE_PORT` wants a whole number",
        f"`prot` in `{file}` is not a setting",
        "`TALKTABLE_WHATSAPP_GRAPH_URL` wants a URL",
        "`TALKTABLE_WHATSAPP_GRAPH_VERSION` wants a version like `v25.0`",
        "`TALKTABLE_DATABASE_URL` wants `sqlite:///` and a path, or `postgresql://` and what follows",
        "`TALKTABLE_LOG_LEVEL` wants one of debug, info, warning, error",
        "`TALKTABLE_WHATSAPP_APP_SECRET` is missing",
        "`TALKTABLE_WHATSAPP_VERIFY_TOKEN` is a placeholder",
        "`TALKTABLE_WHATSAPP_ACCESS_TOKEN` is missing",
        "`TALKTABLE_WHATSAPP_PHONE_NUMBER_ID` is missing"]


@pytest.mark.parametrize("secret", [
    "changeme", "change-me", "Change_Me_Please", "replace-me", "your-app-secret", "<app secret>", "xxxxxxxx", "...",
    "TODO", "a-placeholder", "${APP_SECRET}", "fill in", "********"])
def test_a_placeholder_is_no_secret(secret: str):
    assert faults(GIVEN | {"TALKTABLE_WHATSAPP_APP_SECRET": f"fine,{secret}"}) == [
        "`TALKTABLE_WHATSAPP_APP_SECRET` is a placeholder"]


@pytest.mark.parametrize("secret", ["", " ", "fine,", ","])
def test_an_empty_secret_is_missing(secret: str):
    assert faults(GIVEN | {"TALKTABLE_WHATSAPP_APP_SECRET": secret}) == [
        "`TALKTABLE_WHATSAPP_APP_SECRET` is missing"]


def test_where_no_secret_is_needed_none_is_asked_for():
    assert read_settings({}, secrets_needed=False) == Settings()


def test_a_file_that_is_no_toml_is_a_fault(tmp_path: Path):
    (tmp_path / "bad.toml").write_text("port = ")

    assert faults(GIVEN, file=tmp_path / "bad.toml")[0].startswith(f"`{tmp_path / 'bad.toml'}` cannot be read: ")


def test_a_port_is_a_port():
    assert faults(GIVEN | {"TALKTABLE_PORT": "70000"}) == ["`TALKTABLE_PORT` wants a number from 0 to 65535"]


def test_development_is_true_or_false():
    assert read_settings(GIVEN | {"TALKTABLE_DEVELOPMENT": "True"}).development
    assert not read_settings(GIVEN | {"TALKTABLE_DEVELOPMENT": "false"}).development
    assert faults(GIVEN | {"TALKTABLE_DEVELOPMENT": "1"}) == ["`TALKTABLE_DEVELOPMENT` wants `true` or `false`"]


def test_what_keeps_repeats_out_is_kept_for_as_long_as_there_are_any():
    for name in ("KEYS", "STATUSES"):
        assert faults(GIVEN | {f"TALKTABLE_KEEP_{name}": "7"}) == [
            f"`TALKTABLE_KEEP_{name}` wants at least 8 days: until then WhatsApp may repeat a message"]
    assert faults(GIVEN | {"TALKTABLE_KEEP_JOURNAL": "a week"}) == ["`TALKTABLE_KEEP_JOURNAL` wants a whole number"]
    assert read_settings(GIVEN).keep_keys is None
    assert read_settings(GIVEN | {"TALKTABLE_KEEP_KEYS": "8"}).keep_keys == 8
    assert read_settings(GIVEN | {"TALKTABLE_KEEP_KEYS": "0"}).keep_keys == 0


def test_nothing_is_kept_for_more_than_a_hundred_years_unless_for_ever():
    assert faults(GIVEN | {"TALKTABLE_KEEP_JOURNAL": "36501"}) == [
        "`TALKTABLE_KEEP_JOURNAL` wants at most 36500 days; 0 is for ever"]
