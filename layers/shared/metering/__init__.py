"""What is used of services that bill by use, for whom, and what it costs."""

from metering.meter import Meter
from metering.prices import PRICES, Prices
from metering.usage import Usage

__all__ = ["PRICES", "Meter", "Prices", "Usage"]
