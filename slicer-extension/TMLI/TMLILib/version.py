"""The version of TMLI that this extension belongs to: the one of the packages that it installs."""

VERSION = "0.1.0"
