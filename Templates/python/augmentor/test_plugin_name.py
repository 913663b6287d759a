"""Asks the plugin as the host would: python3 test_plugin_name.py"""

import pathlib
import subprocess
import sys
import unittest

import plugin_name


class PluginNameTests(unittest.TestCase):
    def test_names_the_capitalised_words(self):
        self.assertEqual(plugin_name.context(["Anna", "saw", "Oslo"], "About {}."), "About Anna, Oslo.")
        self.assertEqual(plugin_name.context(["rain"], "About {}."), "")

    def test_answers_every_request_once(self):
        program = pathlib.Path(plugin_name.__file__)
        child = subprocess.Popen([sys.executable, program], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        with child:
            plugin_name.write(child.stdin, {"type": "describe", "protocol": 1})
            self.assertEqual(plugin_name.read(child.stdout)["id"], "plugin-name")
            plugin_name.write(child.stdin, {"type": "create", "options": {"wording": "About {}."}, "seed": 1})
            self.assertEqual(plugin_name.read(child.stdout)["fingerprint"], {"wording": "About {}."})
            requests = [{"index": 0, "words": ["Anna", "left"]}, {"index": 1, "words": []}]
            plugin_name.write(child.stdin, {"type": "ask", "requests": requests})
            frames = [plugin_name.read(child.stdout) for _ in range(3)]
            self.assertEqual([(frame.get("index"), frame.get("text")) for frame in frames[:2]], [(0, "About Anna."), (1, "")])
            self.assertEqual(frames[2], {"type": "done"})
            child.stdin.close()
            self.assertEqual(child.wait(10), 0)


if __name__ == "__main__":
    unittest.main()
