{{- define "followthrough.name" -}}
{{- if contains "followthrough" .Release.Name }}{{ .Release.Name | trunc 40 | trimSuffix "-" }}{{ else }}{{ printf "%s-followthrough" .Release.Name | trunc 40 | trimSuffix "-" }}{{ end }}
{{- end }}

{{- define "followthrough.selector" -}}
app.kubernetes.io/name: followthrough
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}

{{- define "followthrough.labels" -}}
{{ include "followthrough.selector" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" }}
{{- end }}

{{- define "followthrough.serviceAccount" -}}
{{- if .Values.serviceAccount.create }}{{ .Values.serviceAccount.name | default (include "followthrough.name" .) }}{{ else }}{{ .Values.serviceAccount.name | default "default" }}{{ end }}
{{- end }}

{{- /* An image: of the root, and with a version of the workers that one's. */}}
{{- define "followthrough.image" -}}
{{- $of := .root.Values.image }}
{{- with .version }}{{ $of = dict "digest" .digest "tag" (.tag | default .buildId) }}{{ end }}
{{- .root.Values.image.repository }}{{ if $of.digest }}@{{ $of.digest }}{{ else }}:{{ $of.tag | default .root.Chart.AppVersion }}{{ end }}
{{- end }}

{{- define "followthrough.podSecurity" -}}
runAsNonRoot: true
runAsUser: 10001
runAsGroup: 10001
fsGroup: 10001
fsGroupChangePolicy: OnRootMismatch
seccompProfile:
  type: RuntimeDefault
{{- end }}

{{- define "followthrough.containerSecurity" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
privileged: false
capabilities:
  drop: [ALL]
{{- end }}

{{- define "followthrough.env" -}}
- {name: FOLLOWTHROUGH_DATA_DIR, value: /data}
- {name: FOLLOWTHROUGH_MIGRATE, value: "false"}
- {name: FOLLOWTHROUGH_ORGANISATION_FILE, value: /etc/followthrough/{{ .Values.organisation.key }}}
- {name: FOLLOWTHROUGH_PUBLIC_URL, value: {{ .Values.publicUrl | quote }}}
- {name: TEMPORAL_ADDRESS, value: {{ required "Set temporal.address" .Values.temporal.address | quote }}}
- {name: TEMPORAL_NAMESPACE, value: {{ .Values.temporal.namespace | quote }}}
{{- with .Values.temporal.tls }}
{{- if .secret }}
- {name: TEMPORAL_TLS_CLIENT_CERT_PATH, value: /etc/temporal-tls/tls.crt}
- {name: TEMPORAL_TLS_CLIENT_KEY_PATH, value: /etc/temporal-tls/tls.key}
{{- if .ownAuthority }}
- {name: TEMPORAL_TLS_SERVER_CA_CERT_PATH, value: /etc/temporal-tls/ca.crt}
{{- end }}
{{- end }}
{{- if .serverName }}
- {name: TEMPORAL_TLS_SERVER_NAME, value: {{ .serverName | quote }}}
{{- end }}
{{- end }}
{{- if .Values.metrics.port }}
- {name: FOLLOWTHROUGH_METRICS_ADDRESS, value: "0.0.0.0:{{ .Values.metrics.port }}"}
{{- end }}
{{- range $name, $value := .Values.settings }}
- {name: {{ $name }}, value: {{ $value | toString | quote }}}
{{- end }}
{{- range $name, $_ := .Values.secrets }}
- {name: {{ $name }}_FILE, value: /run/secrets/followthrough/{{ $name }}}
{{- end }}
{{- end }}

{{- define "followthrough.mounts" -}}
- {name: data, mountPath: /data}
- {name: tmp, mountPath: /tmp}
- {name: secrets, mountPath: /run/secrets/followthrough, readOnly: true}
- {name: organisation, mountPath: /etc/followthrough, readOnly: true}
{{- if .Values.temporal.tls.secret }}
- {name: temporal-tls, mountPath: /etc/temporal-tls, readOnly: true}
{{- end }}
{{- end }}

{{- define "followthrough.secretsVolume" -}}
- name: secrets
  projected:
    defaultMode: 0440
    sources:
    {{- range $name, $from := .Values.secrets }}
      - secret:
          name: {{ $from.name }}
          items: [{key: {{ $from.key }}, path: {{ $name }}}]
    {{- end }}
{{- end }}

{{- define "followthrough.volumes" -}}
- name: data
  emptyDir: {}
- name: tmp
  emptyDir: {sizeLimit: 256Mi}
{{ include "followthrough.secretsVolume" . }}
- name: organisation
  configMap:
    name: {{ .Values.organisation.configMap | default (printf "%s-organisation" (include "followthrough.name" .)) }}
{{- if .Values.temporal.tls.secret }}
- name: temporal-tls
  secret:
    secretName: {{ .Values.temporal.tls.secret }}
    defaultMode: 0440
{{- end }}
{{- end }}

{{- define "followthrough.placing" -}}
{{- with .Values.image.pullSecrets }}
imagePullSecrets: {{ toYaml . | nindent 2 }}
{{- end }}
{{- with .Values.nodeSelector }}
nodeSelector: {{ toYaml . | nindent 2 }}
{{- end }}
{{- with .Values.tolerations }}
tolerations: {{ toYaml . | nindent 2 }}
{{- end }}
{{- with .Values.affinity }}
affinity: {{ toYaml . | nindent 2 }}
{{- end }}
{{- with .Values.priorityClassName }}
priorityClassName: {{ . }}
{{- end }}
{{- end }}

{{- /* A Deployment: of the root, the component, its arguments, its values, what its container has of its own, and its version. */}}
{{- define "followthrough.deployment" -}}
{{- $name := printf "%s-%s" (include "followthrough.name" .root) .component }}
apiVersion: apps/v1
kind: Deployment
metadata:
  name: {{ $name }}
  labels: {{ include "followthrough.labels" .root | nindent 4 }}
    app.kubernetes.io/component: {{ .component }}
spec:
  {{- if not (or (dig "autoscaling" "enabled" false .values) (dig "keda" "enabled" false .values)) }}
  replicas: {{ .values.replicas }}
  {{- end }}
  revisionHistoryLimit: 5
  strategy:
    type: RollingUpdate
    rollingUpdate: {maxUnavailable: 0, maxSurge: 1}
  selector:
    matchLabels: {{ include "followthrough.selector" .root | nindent 6 }}
      app.kubernetes.io/component: {{ .component }}
  template:
    metadata:
      labels: {{ include "followthrough.labels" .root | nindent 8 }}
        app.kubernetes.io/component: {{ .component }}
        {{- with .root.Values.podLabels }}{{ toYaml . | nindent 8 }}{{ end }}
      annotations:
        {{- if .root.Values.organisation.content }}
        followthrough/organisation: {{ .root.Values.organisation.content | sha256sum }}
        {{- end }}
        {{- with .root.Values.podAnnotations }}{{ toYaml . | nindent 8 }}{{ end }}
        kubectl.kubernetes.io/default-container: {{ .component }}
    spec:
      serviceAccountName: {{ include "followthrough.serviceAccount" .root }}
      automountServiceAccountToken: false
      enableServiceLinks: false
      terminationGracePeriodSeconds: {{ .grace }}
      securityContext: {{ include "followthrough.podSecurity" .root | nindent 8 }}
      topologySpreadConstraints:
        - maxSkew: 1
          topologyKey: kubernetes.io/hostname
          whenUnsatisfiable: ScheduleAnyway
          labelSelector:
            matchLabels: {{ include "followthrough.selector" .root | nindent 14 }}
              app.kubernetes.io/component: {{ .component }}
      {{- include "followthrough.placing" .root | nindent 6 }}
      containers:
        - name: {{ .component }}
          image: {{ include "followthrough.image" . | quote }}
          imagePullPolicy: {{ .root.Values.image.pullPolicy }}
          args: {{ .args | toJson }}
          env: {{ include "followthrough.env" .root | nindent 12 }}
          {{- with .env }}{{ . | nindent 12 }}{{ end }}
          {{- with .version }}
            - {name: FOLLOWTHROUGH_DEPLOYMENT_NAME, value: {{ $.root.Values.versioning.deployment | quote }}}
            - {name: FOLLOWTHROUGH_BUILD_ID, value: {{ .buildId | quote }}}
          {{- end }}
          {{- with .container }}{{ . | nindent 10 }}{{ end }}
          resources: {{ toYaml .values.resources | nindent 12 }}
          securityContext: {{ include "followthrough.containerSecurity" .root | nindent 12 }}
          volumeMounts: {{ include "followthrough.mounts" .root | nindent 12 }}
      volumes: {{ include "followthrough.volumes" .root | nindent 8 }}
{{- end }}

{{- /* An HPA by processor time: of the root, the component and its values. */}}
{{- define "followthrough.autoscaler" -}}
{{- $name := printf "%s-%s" (include "followthrough.name" .root) .component }}
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata:
  name: {{ $name }}
  labels: {{ include "followthrough.labels" .root | nindent 4 }}
    app.kubernetes.io/component: {{ .component }}
spec:
  scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: {{ $name }}}
  minReplicas: {{ .values.autoscaling.minReplicas }}
  maxReplicas: {{ .values.autoscaling.maxReplicas }}
  metrics:
    - type: Resource
      resource:
        name: cpu
        target: {type: Utilization, averageUtilization: {{ .values.autoscaling.cpu }}}
{{- end }}

{{- /* A PodDisruptionBudget: of the root and the component. */}}
{{- define "followthrough.disruption" -}}
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata:
  name: {{ include "followthrough.name" .root }}-{{ .component }}
  labels: {{ include "followthrough.labels" .root | nindent 4 }}
    app.kubernetes.io/component: {{ .component }}
spec:
  maxUnavailable: {{ .root.Values.disruption.maxUnavailable }}
  unhealthyPodEvictionPolicy: AlwaysAllow
  selector:
    matchLabels: {{ include "followthrough.selector" .root | nindent 6 }}
      app.kubernetes.io/component: {{ .component }}
{{- end }}
