"""Run by the SAM CLI's own Python: `translated.py TEMPLATE NAME=VALUE …` prints what SAM makes of a template.

Code and layers have the addresses that the template says; a local folder, one of its name.
"""

import json
import sys
from pathlib import Path

import boto3
from samcli.yamlhelper import yaml_parse
from samtranslator.parser.parser import Parser
from samtranslator.translator.translator import Translator

CODE = {"AWS::Serverless::Function": "CodeUri", "AWS::Serverless::LayerVersion": "ContentUri"}

path, *pairs = sys.argv[1:]
template = yaml_parse(Path(path).read_text())
for resource in template["Resources"].values():
    if resource["Type"] in CODE:
        properties, name = resource["Properties"], CODE[resource["Type"]]
        if not properties[name].startswith("s3://"):
            properties[name] = f"s3://packed/{properties[name]}"
session = boto3.Session(region_name="us-east-1")
translator = Translator(managed_policy_map={}, sam_parser=Parser(), boto_session=session)
made = translator.translate(template, dict(pair.split("=", 1) for pair in pairs))
sys.stdout.write(json.dumps(made["Resources"]))
