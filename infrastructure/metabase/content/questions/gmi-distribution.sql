select range, participants
  from analytics.distribution
 where project = {{project}} and metric = 'gmi_percent'
 order by place
