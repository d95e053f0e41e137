select name, participants
  from analytics.overlapping
 where project = {{project}} and kind = 'treatments'
 order by participants desc, name
