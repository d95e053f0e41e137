select mean_mgdl from analytics.participants where project = {{project}}
