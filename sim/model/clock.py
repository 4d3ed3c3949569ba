"""Units of time and money: the state counts microseconds since a Monday, 00:00, and hundredths of the currency."""

SECOND = 1_000_000
MINUTE = 60 * SECOND
HOUR = 60 * MINUTE
HALF_HOUR = HOUR // 2
DAY = 24 * HOUR
WEEK_DAYS = 7
YEAR_DAYS = 365
YEAR_MONTHS = 12
HALF_HOURS = 48
HUNDRED = 100
