{{- /* Labels of a role's objects. Arguments: root, name. */ -}}
{{- define "selvedge.labels" -}}
{{ include "selvedge.selector" . }}
app.kubernetes.io/version: {{ .root.Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .root.Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .root.Chart.Name .root.Chart.Version }}
{{- end -}}

{{- define "selvedge.selector" -}}
app.kubernetes.io/name: selvedge
app.kubernetes.io/instance: {{ .root.Release.Name }}
app.kubernetes.io/component: {{ .name }}
{{- end -}}

{{- /* A role's image, by digest where one is given. Arguments: root, role. */ -}}
{{- define "selvedge.image" -}}
{{- $image := .root.Values.image -}}
{{- $isCompute := eq (.role.image | default "service") "compute" -}}
{{- $repository := $isCompute | ternary $image.computeRepository $image.repository -}}
{{- $digest := $isCompute | ternary $image.computeDigest $image.digest -}}
{{- if $digest }}{{ $repository }}@{{ $digest }}{{ else }}{{ $repository }}:{{ $image.tag | default .root.Chart.AppVersion }}{{ end -}}
{{- end -}}

{{- /* The port at the end of host:port. */ -}}
{{- define "selvedge.port" -}}
{{ regexFind "[0-9]+$" (required "a role's config needs listen and monitoring.listen" .) }}
{{- end -}}
