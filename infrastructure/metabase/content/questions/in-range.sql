select in_range_percent from analytics.participants where project = {{project}}
