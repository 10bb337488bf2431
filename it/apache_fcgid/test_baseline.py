"""What the recipe does without us. It proves that the checks of the other files can fail."""

from harness import project, scripts
from harness.fcgid import FcgidSite


def test_with_flup_the_recipe_shows_dispatch_fcgi_to_the_browser(
    apache_with, quickstart, folder, running
):
    ini = project.copy_of(quickstart, folder / "project")
    script = scripts.recipe(quickstart.command("python"), ini.parent, gateway=scripts.FLUP)
    site = running(FcgidSite(apache_with("fcgid"), folder, script))

    answer = site.fetch("/")

    assert answer.status == 302
    assert answer.location == site.url + "/dispatch.fcgi/demo"
