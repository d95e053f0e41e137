select range, participants
  from analytics.distribution
 where project = {{project}} and metric = 'carbs'
 order by place
